// Sends a batch of events to Hutong as a server source does: signed by Standard Webhooks, tried again
// with the same ids where that may help. Java's own library only (11 or newer); with a JSON library of
// yours, only `batch` and the look at the answer change.
//
//     HUTONG_URL=https://crm.example.com HUTONG_KEY=… HUTONG_SECRET=whsec_… java SendEvents.java

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

public class SendEvents {
    static final int TRIES = 5;
    static final String URL = System.getenv("HUTONG_URL").replaceAll("/$", "");
    static final String KEY = System.getenv("HUTONG_KEY");
    static final String SECRET = System.getenv("HUTONG_SECRET");
    static final HttpClient CLIENT =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

    /** This body, signed now. */
    static HttpRequest signed(String path, byte[] body) throws GeneralSecurityException {
        String id = UUID.randomUUID().toString();
        String stamp = Long.toString(Instant.now().getEpochSecond());
        byte[] secret = Base64.getDecoder().decode(SECRET.replaceFirst("^whsec_", ""));
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret, "HmacSHA256"));
        mac.update((id + "." + stamp + ".").getBytes(StandardCharsets.US_ASCII));
        return HttpRequest.newBuilder(URI.create(URL + path))
                .timeout(Duration.ofSeconds(30))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + KEY)
                .header("webhook-id", id)
                .header("webhook-timestamp", stamp)
                .header("webhook-signature", "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body)))
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
    }

    /** After 429, 5xx or no answer the same bytes are sent again, signed anew. */
    static HttpResponse<String> post(String path, byte[] body) throws Exception {
        for (int attempt = 1; ; attempt++) {
            long wait = 1L << attempt;
            try {
                HttpResponse<String> answer =
                        CLIENT.send(signed(path, body), HttpResponse.BodyHandlers.ofString());
                boolean mayHelp = answer.statusCode() == 429 || answer.statusCode() >= 500;
                if (!mayHelp || attempt == TRIES) {
                    return answer;
                }
                wait = answer.headers().firstValueAsLong("Retry-After").orElse(wait);
            } catch (IOException noAnswer) { // whether it was stored is not known, and does not matter
                if (attempt == TRIES) {
                    throw noAnswer;
                }
            }
            Thread.sleep(Math.min(wait, 60) * 1000);
        }
    }

    /** `kind` begins an id of yours: kept with the event until it is stored. */
    static String event(String kind, String name, String properties) {
        return String.format(
                "{\"id\": \"%s-%s\", \"name\": \"%s\", \"occurred_at\": \"%s\","
                        + " \"identities\": {\"member_id\": \"10086\", \"anonymous_id\": \"device-1\"},"
                        + " \"properties\": %s}",
                kind, UUID.randomUUID(), name, Instant.now(), properties);
    }

    public static void main(String[] words) throws Exception {
        String batch =
                "{\"batch\": ["
                        + event("view", "Product Viewed", "{\"product_id\": \"P1\", \"price_fen\": 19900}")
                        + ", "
                        + event("cart", "Product Added", "{\"product_id\": \"P1\", \"名称\": \"福鼎白茶\"}")
                        + "]}";
        HttpResponse<String> answer =
                post("/api/v1/events", batch.getBytes(StandardCharsets.UTF_8));
        System.out.println(answer.statusCode() + " " + answer.body());
        boolean isStored = answer.statusCode() == 200 || answer.statusCode() == 202;
        boolean isWhole = answer.body().replace(" ", "").contains("\"rejected\":[]");
        System.exit(isStored && isWhole ? 0 : 1);
    }
}
