//! Who may see which figures.

use serde_json::json;

use super::{
    common::http::Request,
    counted::{Counted, DAYS, names},
};

#[tokio::test]
async fn who_is_not_of_the_desk_sees_no_figures() {
    let desk = Counted::start().await;
    desk.service.nobody().await.get("/api/reportes").await.problem(401, "login-required");
    desk.client(&desk.service.usuario).await.get("/api/reportes").await.problem(403, "forbidden");
    let wrong = Request::new("GET", "/api/reportes").header("Authorization", "Bearer x");
    desk.service.nobody().await.ask(wrong).await.problem(401, "invalid-token");
}

#[tokio::test]
async fn who_works_one_area_sees_the_figures_of_that_one() {
    let desk = Counted::start().await;
    let mut redes = desk.client(&desk.service.redes).await;
    let path = |more: &str| format!("/api/reportes?{DAYS}{more}");
    let report = redes.get(&path("&por=area")).await.ok();
    assert_eq!(names(&report), ["REDES"]);
    assert_eq!(report["total"]["conjunto"]["creados"], 2);
    assert_eq!(report["total"]["conjunto"]["transferencias"], 1);
    // What was resolved elsewhere is not theirs, however they ask.
    for more in ["&area=SISTEMAS", "&por=area&valor=SISTEMAS", "&area=SISTEMAS&por=categoria", "&area=*"] {
        let report = redes.get(&path(more)).await.ok();
        assert_eq!(names(&report), Vec::<&str>::new(), "{more}");
        assert_eq!(report["total"]["conjunto"]["entradas"], 0, "{more}");
        assert_eq!(report["total"]["conjunto"]["pendientes"], 0, "{more}");
    }
    let categories = redes.get(&path("&por=categoria")).await.ok();
    assert_eq!(names(&categories), ["Redes"], "categories of other areas are not told");
    for person in [&desk.service.admin, &desk.service.mesa] {
        let report = desk.client(person).await.get(&path("&por=area")).await.ok();
        assert_eq!(report["total"]["conjunto"]["creados"], json!(3), "{}", person.name);
    }
}

#[tokio::test]
async fn a_session_that_is_over_sees_nothing_more() {
    let desk = Counted::start().await;
    let mut redes = desk.client(&desk.service.redes).await;
    redes.get("/api/reportes").await.ok();
    desk.service.deactivate(&desk.service.redes).await;
    redes.get("/api/reportes").await.problem(401, "invalid-token");
}
