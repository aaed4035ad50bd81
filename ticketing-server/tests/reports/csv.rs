//! `GET /api/reportes` as CSV.

use serde_json::json;

use super::{
    common::{http::Request, seed_with},
    counted::{Counted, DAYS},
};

/// The records of an answer.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn there_is_a_line_for_each_value_in_each_period() {
    let desk = Counted::start().await;
    let mut mesa = desk.client(&desk.service.mesa).await;
    let figures = "medidas=creados,primeraRespuestaLaboral,cumplimientoResolucion,antiguedadPendientes";
    let answer = mesa.get(&format!("/api/reportes?{DAYS}&por=area&{figures}&formato=csv&idioma=en")).await;
    assert_eq!(answer.status, 200, "{answer}");
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let name = "attachment; filename=\"reporte-2026-03-24-2026-03-25.csv\"";
    assert_eq!(answer.header("content-disposition"), Some(name));
    insta::assert_snapshot!(answer.text().replace("\r\n", "\n"));
    assert!(answer.text().ends_with("\r\n"));
    let records = records(&answer.text());
    assert_eq!(records.len(), 1 + 2 * 2);
    assert!(records.iter().all(|record| record.len() == records[0].len()));
}

#[tokio::test]
async fn without_a_dimension_there_is_a_line_for_each_period() {
    let desk = Counted::start().await;
    let mut mesa = desk.client(&desk.service.mesa).await;
    let ask = Request::new("GET", &format!("/api/reportes?{DAYS}&medidas=creados"))
        .header("Accept", "text/csv")
        .header("Accept-Language", "pt");
    let answer = mesa.ask(ask).await;
    let expected = "Período,De,Até,Criados\r\n\
                    2026-03-24,2026-03-24T00:00:00Z,2026-03-25T00:00:00Z,3\r\n\
                    2026-03-25,2026-03-25T00:00:00Z,2026-03-26T00:00:00Z,0\r\n";
    assert_eq!(answer.text(), expected);
    // What is asked for in words is what counts.
    let ask = Request::new("GET", "/api/reportes?formato=json").header("Accept", "text/csv");
    mesa.ask(ask).await.ok();
}

/// Categories are what strangers have written.
#[tokio::test]
async fn no_text_is_a_formula_or_another_cell() {
    let desk = Counted::start().await;
    let hostile = ["=HYPERLINK(\"http://x\")", "+1+1", "-2", "@SUM(A1)", "a,b", "\"citado\"", "Línea ;x"];
    for category in hostile {
        let form = seed_with(&json!({ "categoria": category }));
        desk.service.nobody().await.create(&form).await;
    }
    let mut mesa = desk.client(&desk.service.mesa).await;
    let answer = mesa.get(&format!("/api/reportes?{DAYS}&por=categoria&medidas=creados&formato=csv")).await;
    let records = records(&answer.text());
    assert!(records.iter().all(|record| record.len() == 6), "{answer}");
    let names: Vec<_> = records.iter().map(|record| record[3].as_str()).collect();
    for category in hostile {
        let is_formula = category.starts_with(['=', '+', '-', '@']);
        let expected = if is_formula { format!("'{category}") } else { category.to_owned() };
        assert!(names.contains(&expected.as_str()), "{expected} in {names:?}");
    }
    let begins = |cell: &String| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    assert!(!records.iter().flatten().any(begins), "{answer}");
}
