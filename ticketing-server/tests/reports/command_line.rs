//! `ticketing-server report`.

use super::{
    common::{
        database::Database,
        program::{Desk, Outcome},
    },
    counted::Counted,
};

const DAYS: [&str; 4] = ["--since", "2026-03-24", "--until", "2026-03-25"];

/// The program on the same database, beside the service.
fn run(counted: &Counted, arguments: &[&str]) -> Outcome {
    let database = match &counted.service.database {
        Database::File(path, _) => path.display().to_string(),
        elsewhere => elsewhere.url().unwrap().to_owned(),
    };
    let desk = Desk::on_a_file();
    let mut command = desk.program();
    command.args(["report", "--database", &database]).args(arguments);
    super::common::program::run(&mut command)
}

/// Without the moment up to which all is in it, which is now.
fn at_any_time(text: &str) -> String {
    let lines = text.lines().map(|line| match line.split_once("As of ") {
        Some((before, after)) => format!("{before}As of now{}", after.find(". ").map_or("", |end| &after[end..])),
        None => line.to_owned(),
    });
    lines.map(|line| line.trim_end().to_owned() + "\n").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_of_all_tickets_are_one_table() {
    let counted = Counted::start().await;
    insta::assert_snapshot!(at_any_time(&run(&counted, &DAYS).success()));
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_dimension_each_figure_has_a_table() {
    let counted = Counted::start().await;
    let mut arguments = DAYS.to_vec();
    arguments.extend([
        "--by",
        "area",
        "--period",
        "hour",
        "--measure",
        "created,resolutionWorking,backlogAge",
        "--language",
        "es",
    ]);
    let told = run(&counted, &arguments).success();
    insta::assert_snapshot!(told.replace(told.lines().next().unwrap(), "…"));
    let widest = told.lines().filter(|line| line.contains('█')).map(|line| line.chars().count()).max().unwrap();
    assert!((60..=100).contains(&widest), "{widest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_is_the_same_as_over_http() {
    let counted = Counted::start().await;
    let mut arguments = DAYS.to_vec();
    arguments.extend(["--by", "category", "--format", "csv"]);
    let told = run(&counted, &arguments).success();
    let mut mesa = counted.client(&counted.service.mesa).await;
    let path = "/api/reportes?desde=2026-03-24&hasta=2026-03-25&por=categoria&formato=csv&idioma=en";
    assert_eq!(told, mesa.get(path).await.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn json_has_the_names_of_the_api() {
    let counted = Counted::start().await;
    let mut arguments = DAYS.to_vec();
    arguments.extend(["--by", "area", "--format", "json", "--language", "es"]);
    let mut told: serde_json::Value = serde_json::from_str(&run(&counted, &arguments).success()).unwrap();
    let mut served = counted.report("desde=2026-03-24&hasta=2026-03-25&por=area").await;
    // The program's clock is another one.
    for answer in [&mut told, &mut served] {
        assert!(answer["al"].take().is_string());
    }
    assert_eq!(told, served);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_needs_nothing_else() {
    let counted = Counted::start().await;
    let mut arguments = DAYS.to_vec();
    arguments.extend(["--by", "area", "--format", "html", "--measure", "created,firstResponseWorking,backlogAge"]);
    let page = run(&counted, &arguments).success();
    let style = page.find("<style>").unwrap()..page.find("</style>").unwrap();
    let without_style = format!("{}{}", &page[..style.start], &page[style.end..]);
    insta::assert_snapshot!(at_any_time(&without_style.replace('<', "\n<")));
    for elsewhere in ["<script", "src=", "href=", "url(", "@import", "http:", "https:", "style="] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
}

/// What strangers have written is text on the page, too.
#[tokio::test(flavor = "multi_thread")]
async fn what_strangers_have_written_is_text() {
    let counted = Counted::start().await;
    let form = super::common::seed_with(&serde_json::json!({ "categoria": "<script>alert(1)</script>" }));
    counted.service.nobody().await.create(&form).await;
    let mut arguments = DAYS.to_vec();
    arguments.extend(["--by", "category", "--format", "html"]);
    let page = run(&counted, &arguments).success();
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && !page.contains("<script"), "{page}");
}

/// Figures that somebody has spoilt are right again.
#[tokio::test(flavor = "multi_thread")]
async fn what_reports_are_read_from_is_made_anew() {
    let counted = Counted::start().await;
    let right = run(&counted, &DAYS).success();
    counted.service.database.execute("DELETE FROM report_sums");
    assert_ne!(at_any_time(&run(&counted, &DAYS).success()), at_any_time(&right));
    let outcome = run(&counted, &[&DAYS[..], &["--rebuild"]].concat());
    assert!(outcome.stderr.starts_with("reports are made anew, from "), "{}", outcome.stderr);
    assert_eq!(at_any_time(&outcome.success()), at_any_time(&right));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_told() {
    let counted = Counted::start().await;
    let told = run(&counted, &["--since", "yesterday"]).failure(1);
    let wanted = "a date, YYYY-MM-DD, an instant, or how long ago: 24h, 30d, 13w, 12m, 8q, 5y";
    assert_eq!(told, format!("error: --since: {wanted}\n"));
    let told = run(&counted, &["--value", "REDES"]).failure(1);
    assert_eq!(told, "error: --value: it needs --by\n");
    let told = run(&counted, &["--measure", "creados"]).failure(1);
    assert!(told.contains("codes separated by commas, such as created,resolved, or all"), "{told}");
    let told = run(&counted, &["--by", "status"]).failure(2);
    assert!(told.contains("possible values: area, type, priority, category, agent, origin"), "{told}");
    let desk = Desk::on_a_file();
    let told = desk.run(&["report", "--database", "nothing.db"]).failure(1);
    assert!(told.contains("there is no database at"), "{told}");
}
