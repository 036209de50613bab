<?php

// Sends a batch of events to Hutong as a server source does: signed by Standard Webhooks, tried again
// with the same ids where that may help. PHP 8 without extensions.
//
//     HUTONG_URL=https://crm.example.com HUTONG_KEY=… HUTONG_SECRET=whsec_… php SendEvents.php

declare(strict_types=1);

const TRIES = 5;

/** The headers of this body, sent now. */
function signed(string $body, string $key, string $secret): array
{
    $id = bin2hex(random_bytes(16));
    $stamp = (string) time();
    $bytes = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    $mac = base64_encode(hash_hmac('sha256', "$id.$stamp.$body", $bytes, true));

    return [
        'Content-Type: application/json',
        "Authorization: Bearer $key",
        "webhook-id: $id",
        "webhook-timestamp: $stamp",
        "webhook-signature: v1,$mac",
    ];
}

/** [status, answer]. After 429, 5xx or no answer the same bytes are sent again, signed anew. */
function post(string $address, string $body, string $key, string $secret): array
{
    for ($attempt = 1; ; $attempt++) {
        $http = [
            'method' => 'POST',
            'header' => signed($body, $key, $secret),
            'content' => $body,
            'timeout' => 30,
            'ignore_errors' => true, // the answer is read also where it says no
        ];
        $stream = @fopen($address, 'r', false, stream_context_create(['http' => $http]));
        $head = $stream ? stream_get_meta_data($stream)['wrapper_data'] : [];
        $text = $stream ? (string) stream_get_contents($stream) : '';
        $status = preg_match('#^HTTP/\S+ (\d+)#', $head[0] ?? '', $found) ? (int) $found[1] : 0;
        $mayHelp = $status === 0 || $status === 429 || $status >= 500;
        if (!$mayHelp || $attempt === TRIES) {
            return [$status, json_decode($text, true) ?? []];
        }
        $wait = 2 ** $attempt;
        foreach ($head as $line) {
            if (preg_match('/^Retry-After: (\d+)/i', $line, $found)) {
                $wait = (int) $found[1];
            }
        }
        sleep(min($wait, 60));
    }
}

$now = gmdate('Y-m-d\TH:i:s\Z');
$visitor = ['member_id' => '10086', 'anonymous_id' => 'device-1'];
$events = [
    [
        'id' => 'view-' . bin2hex(random_bytes(16)), // yours: kept with the event until it is stored
        'name' => 'Product Viewed',
        'occurred_at' => $now,
        'identities' => $visitor,
        'properties' => ['product_id' => 'P1', 'price_fen' => 19900],
    ],
    [
        'id' => 'cart-' . bin2hex(random_bytes(16)),
        'name' => 'Product Added',
        'occurred_at' => $now,
        'identities' => $visitor,
        'properties' => ['product_id' => 'P1', '名称' => '福鼎白茶'],
    ],
];
$body = json_encode(['batch' => $events], JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
$address = rtrim(getenv('HUTONG_URL'), '/') . '/api/v1/events';
[$status, $answer] = post($address, $body, getenv('HUTONG_KEY'), getenv('HUTONG_SECRET'));
echo $status, ' ', json_encode($answer, JSON_UNESCAPED_UNICODE), "\n";
exit(in_array($status, [200, 202], true) && ($answer['rejected'] ?? null) === [] ? 0 : 1);
