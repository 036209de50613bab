from django.urls import path

from customers.pages import followups, merge_review, profile, retention

urlpatterns = [
    path("desk/", merge_review.merge_review, name="identity_desk"),
    path("desk/merge/", merge_review.merge_page, name="merge"),
    path("desk/merges/<int:pk>/", merge_review.undo_page, name="merge_undo"),
    path("desk/conflicts/<int:pk>/", merge_review.conflict_page, name="conflict"),
    path("retention/", retention.retention, name="retention"),
    path("tasks/", followups.my_tasks, name="followups"),
    path("<uuid:public_id>/", profile.customer_page, name="customer"),
    path("<uuid:public_id>/story/", profile.story_part, name="customer_story"),
    path("<uuid:public_id>/panel/<slug:key>/", profile.panel_part, name="customer_panel"),
    path("<uuid:public_id>/reveal/", profile.reveal_page, name="customer_reveal"),
    path("<uuid:public_id>/do/<slug:key>/", profile.action_page, name="customer_action"),
]
