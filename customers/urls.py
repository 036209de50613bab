from django.urls import path
from django.views.generic import RedirectView

from customers.pages import followups, merge_review, profile, retention

urlpatterns = [
    path("merge-review/", merge_review.merge_review, name="merge_review"),
    path("merge-review/merge/", merge_review.merge_page, name="merge"),
    path("merge-review/merges/<int:pk>/", merge_review.undo_page, name="merge_undo"),
    path("merge-review/conflicts/<int:pk>/", merge_review.conflict_page, name="conflict"),
    # Where it stood at first: people keep such addresses.
    path("desk/", RedirectView.as_view(pattern_name="merge_review", query_string=True)),
    path("desk/merge/", RedirectView.as_view(pattern_name="merge", query_string=True)),
    path("desk/merges/<int:pk>/", RedirectView.as_view(pattern_name="merge_undo")),
    path("desk/conflicts/<int:pk>/", RedirectView.as_view(pattern_name="conflict")),
    path("retention/", retention.retention, name="retention"),
    path("tasks/", followups.my_tasks, name="followups"),
    path("<uuid:public_id>/", profile.customer_page, name="customer"),
    path("<uuid:public_id>/story/", profile.story_part, name="customer_story"),
    path("<uuid:public_id>/panel/<slug:key>/", profile.panel_part, name="customer_panel"),
    path("<uuid:public_id>/reveal/", profile.reveal_page, name="customer_reveal"),
    path("<uuid:public_id>/do/<slug:key>/", profile.action_page, name="customer_action"),
]
