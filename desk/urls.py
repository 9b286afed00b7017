"""The addresses of the desk; the installation puts them before the admin site's own, at the same place."""

from django.urls import path

from desk.views import (
    attention,
    board,
    calibration,
    case,
    cases,
    imports,
    insight,
    proof,
    search,
    second_factor,
    shipments,
    then,
    words,
)

app_name = "desk"

urlpatterns = [
    path("desk/attention/", attention.show, name="attention"),
    path("desk/board/", board.show, name="board"),
    path("desk/board/ask/", board.ask, name="ask_plan"),
    path("desk/board/draft/", board.draft, name="draft_plan"),
    path("desk/board/vans/<int:duty_id>/", board.replan_van, name="replan_van"),
    path("desk/board/<int:plan_id>/cancel/", board.cancel, name="cancel_plan"),
    path("desk/board/<int:plan_id>/publish/", board.publish, name="publish_plan"),
    path("desk/board/<int:plan_id>/move/", board.move, name="move_in_plan"),
    path("desk/board/<int:plan_id>/emissions/", board.show_emissions, name="emissions"),
    path("desk/board/<int:plan_id>/emissions.csv", board.emissions_sheet, name="emissions_sheet"),
    path("desk/calibration/", calibration.show, name="calibration"),
    path("desk/import/", imports.begin, name="imports"),
    path("desk/import/sample.csv", imports.sample, name="import_sample"),
    path("desk/import/<int:import_id>/", imports.show, name="import"),
    path("desk/import/<int:import_id>/take-in/", imports.take_in, name="take_in"),
    path("desk/insight/", insight.show, name="insight"),
    path("desk/insight/figures.csv", insight.figures, name="insight_figures"),
    path("desk/insight/trend.csv", insight.trend, name="insight_trend"),
    path("desk/insight/words/", words.show, name="words"),
    path("desk/insight/words.csv", words.sheet, name="words_sheet"),
    path("desk/search/", search.show, name="search"),
    path("desk/shipments/<int:shipment_id>/", shipments.show, name="shipment"),
    path("desk/shipments/<int:shipment_id>/then/", then.show, name="then"),
    path("desk/shipments/<int:shipment_id>/proof/<str:proof_key>/", proof.picture, name="proof"),
    path("desk/shipments/<int:shipment_id>/receipt.<str:form>", proof.receipt, name="receipt"),
    path("desk/shipments/<int:shipment_id>/<slug:name>/", shipments.act, name="act"),
    path("desk/cases/", cases.show, name="cases"),
    path("desk/cases/<int:case_id>/", case.show, name="case"),
    path("desk/cases/<int:case_id>/photos/<str:key>/", case.photo, name="case_photo"),
    path("desk/cases/<int:case_id>/<slug:name>/", case.act, name="case_act"),
    path("desk/cases/new/<int:shipment_id>/", case.begin, name="open_case"),
    path("second-factor/", second_factor.show, name="second_factor"),
    path("enrol/", second_factor.enrol, name="enrol"),
]
