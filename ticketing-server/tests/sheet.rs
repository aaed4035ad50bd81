//! Tickets of another help desk, taken over from its files with the program that people use.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::fmt::Write as _;

use serde_json::{Value, json};

use self::common::program::{Desk, Outcome};

const MAPPING: &str = r#"
[columnas]
id = "Nº"
label = "Etiqueta"
email = "Correo"
nombre = "Solicitante"
asunto = "Título"
descripcion = "Detalle"
estado = "Estado"
prioridad = "Urgencia"
areaAsignada = "Grupo"
creadoEn = "Abierto"
resueltoEn = "Resuelto"
cerradoEn = "Cerrado"
tags = "Marcas"

[fijos]
tipo = "SOLICITUD"
categoria = "Importados"

[valores.estado]
"Solucionado" = "RESUELTO"
"Nuevo" = "ABIERTO"

[formato]
fechas = ["%d/%m/%Y %H:%M"]
zona = "America/Bogota"
origen = "glpi"
"#;

const HEADER: &str =
    "Nº;Etiqueta;Correo;Solicitante;Título;Detalle;Estado;Urgencia;Grupo;Abierto;Resuelto;Cerrado;Marcas\r\n";

/// As Excel writes it: semicolons, Windows-1252.
fn sheet(rows: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1252.encode(&format!("{HEADER}{rows}")).0.into_owned()
}

const ROWS: &str = "1;TKT-2021-00077;ana@example.com;Ana Núñez;No imprime;\"La impresora del pasillo,\r\nno imprime\";Cerrado;Urgente;Mesa de ayuda;24/03/2021 10:15;24/03/2021 12:00;25/03/2021 08:00;red,vip\r\n\
    2;TKT-2021-00077;rita@example.com;Rita Ríos;Otra;Con la misma etiqueta que otro;Solucionado;ALTA;REDES;24/03/2021 11:15;24/03/2021 12:00;;\r\n\
    3;HD 3;leo@example.com;Leo Luna;Sin etiqueta de aquí;Con una etiqueta de allá;Nuevo;BAJA;;01/11/2026 09:00;;;\r\n\
    4;;nadie;X;Mala;Corta;En el limbo;ALTA;;31/02/2021 10:15;;;\r\n\
    5;;eva@example.com;Eva Estévez;Antes de tiempo;Cerrada antes de abierta;Cerrado;ALTA;;24/03/2021 10:15;;23/03/2021 10:15;\r\n";

fn import(desk: &Desk, more: &[&str]) -> Outcome {
    desk.run(&[&["import", "tickets.csv", "--map", "mapping.toml"], more].concat())
}

fn shown(desk: &Desk, label: &str) -> Value {
    serde_json::from_str(&desk.run(&["ticket", "show", label, "--json"]).success()).unwrap()
}

#[tokio::test]
async fn a_sheet_is_taken_over_once_however_often_it_is_read() {
    let desk = Desk::new();
    desk.write("mapping.toml", MAPPING);
    desk.write("tickets.csv", sheet(ROWS));
    let looked_at = import(&desk, &["--dry-run"]);
    assert_eq!(looked_at.status, Some(1));
    assert!(looked_at.stderr.contains("3 rows would be taken, 2 refused; nothing was stored"), "{}", looked_at.stderr);

    let taken = import(&desk, &["--labels", "labels.csv"]);
    assert_eq!(taken.status, Some(1));
    assert!(taken.stderr.contains("3 tickets are new, 0 were here already, 2 rows were refused"), "{}", taken.stderr);
    assert!(taken.stderr.contains("2 have another label here than there"), "{}", taken.stderr);
    let mut refused: Vec<_> = taken.stdout.lines().map(|line| line.split(',').take(3).collect::<Vec<_>>()).collect();
    assert_eq!(refused.remove(0), ["line", "field", "code"]);
    refused.sort_unstable();
    let expected = [
        ["6", "creadoEn", "invalid-date"],
        ["6", "descripcion", "too-short"],
        ["6", "email", "invalid-email"],
        ["6", "estado", "unknown-value"],
        ["6", "nombre", "too-short"],
        ["7", "cerradoEn", "out-of-order"],
    ];
    assert_eq!(refused, expected, "{}", taken.stdout);

    let first = shown(&desk, "TKT-2021-77");
    assert_eq!((&first["estado"], &first["prioridad"]), (&json!("CERRADO"), &json!("Urgente")));
    assert_eq!(
        (&first["creado_en"], &first["cerrado_en"]),
        (&json!("2021-03-24T15:15:00Z"), &json!("2021-03-25T13:00:00Z"))
    );
    assert_eq!((&first["solicitante_nombre"], &first["asunto"]), (&json!("Ana Núñez"), &json!("No imprime")));
    assert_eq!(first["descripcion_problema"], "La impresora del pasillo,\r\nno imprime");
    let labels = std::fs::read_to_string(desk.path("labels.csv")).unwrap();
    let labels: Vec<Vec<_>> = labels.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect();
    assert_eq!(labels[0], ["id", "label", "uuid"]);
    assert_eq!(labels[1][..2], ["1", "TKT-2021-00077"]);
    let second = shown(&desk, &labels[2][1]);
    assert_eq!((&second["estado"], &second["area_asignada"]), (&json!("RESUELTO"), &json!("REDES")));
    assert_eq!(shown(&desk, &labels[3][1])["estado"], "ABIERTO");
    assert_eq!(shown(&desk, &labels[3][1])["uuid"], labels[3][2]);

    // Once more, after a row was put right: only that one is new.
    let right = ROWS.replace(
        "4;;nadie;X;Mala;Corta;En el limbo;ALTA;;31/02/2021",
        "4;;nadia@example.com;Nadia;Buena;Bastante larga;Nuevo;ALTA;;28/02/2021",
    );
    desk.write("tickets.csv", sheet(&right));
    let again = import(&desk, &["--report", "refused.csv"]);
    assert!(again.stderr.contains("1 tickets are new, 3 were here already, 1 rows were refused"), "{}", again.stderr);
    assert_eq!(again.stdout, "");
    assert!(
        std::fs::read_to_string(desk.path("refused.csv"))
            .unwrap()
            .starts_with("line,field,code,message\n7,cerradoEn,out-of-order,")
    );
    assert_eq!(shown(&desk, "TKT-2021-77"), first);
    let verified = desk.run(&["verify"]);
    assert_eq!(verified.status, Some(0), "{}", verified.stderr);
}

#[tokio::test]
async fn lines_that_a_script_writes_are_taken_over_too() {
    let desk = Desk::new();
    let mut lines = String::new();
    for number in 1..=700 {
        let line = json!({
            "id": format!("HD-{number}"), "email": format!("p{number}@example.com"), "nombre": "Quien Pide",
            "descripcion": "Algo que pasó en la otra mesa", "tipo": "CONSULTA", "categoria": "Otros", "prioridad": "MEDIA",
            "creadoEn": "2024-05-06T07:08:09Z", "estado": if number % 2 == 0 { "CERRADO" } else { "EN PROCESO" },
            "tags": ["viejo", "otra mesa"], "otro": { "dato": 1 },
        });
        let _ = writeln!(lines, "{line}");
    }
    desk.write("tickets.ndjson", &lines);
    let import = ["import", "tickets.ndjson", "--map", "auto", "--source", "mesa vieja"];
    let taken = desk.run(&import);
    assert_eq!(taken.status, Some(0), "{}", taken.stderr);
    assert!(taken.stderr.contains("700 tickets are new"), "{}", taken.stderr);
    let again = desk.run(&import);
    assert!(again.stderr.contains("0 tickets are new, 700 were here already, 0 rows were refused"), "{}", again.stderr);
    // A line that stands there twice is one ticket.
    let twice = format!("{0}{0}", lines.lines().next().unwrap().replace("HD-1\"", "HD-1000\"") + "\n");
    desk.write("twice.ndjson", twice);
    let taken = desk.run(&["import", "twice.ndjson", "--map", "auto"]);
    assert!(taken.stderr.contains("1 tickets are new, 1 were here already"), "{}", taken.stderr);
    let elsewhere = desk.run(&[&import[..5], &["otra"]].concat());
    assert!(elsewhere.stderr.contains("700 tickets are new"), "{}", elsewhere.stderr);
    let verified = desk.run(&["verify"]);
    assert_eq!(verified.status, Some(0), "{}", verified.stderr);
}

#[tokio::test]
async fn what_cannot_be_read_as_a_sheet_is_refused_before_anything_is_stored() {
    let desk = Desk::on_a_file();
    desk.write("mapping.toml", MAPPING);
    desk.write("tickets.csv", "Correo,Fecha\nana@example.com,2021-03-24\n");
    let refused = |arguments: &[&str], expected: &str| {
        let message = desk.run(&[&["import", "tickets.csv"], arguments].concat()).failure(1);
        assert!(message.contains(expected), "{message}");
    };
    refused(&[], "say with --map which columns are what");
    refused(&["--map", "mapping.toml"], "the sheet has no column “Grupo” for areaAsignada");
    refused(&["--map", "Correo=correo"], "“correo” is no field");
    refused(&["--map", "Correo=email"], "creadoEn needs a column");
    refused(&["--map", "Correo=email,Fecha=creadoEn", "--zone", "Bogotá"], "“Bogotá” is no time zone");
    refused(&["--map", "nothing.toml"], "nothing.toml");
    assert!(!desk.file().exists());
}

#[tokio::test]
async fn whoever_was_erased_does_not_come_back_in_a_sheet() {
    let desk = Desk::on_a_file();
    desk.write("mapping.toml", MAPPING);
    desk.write("tickets.csv", sheet(ROWS));
    import(&desk, &[]);
    desk.run(&["subject", "erase", "ana@example.com", "--yes"]).success();
    let other = ROWS.replace("1;TKT-2021-00077", "9;TKT-2021-00099");
    desk.write("tickets.csv", sheet(&other));
    let taken = import(&desk, &[]);
    assert!(taken.stderr.contains("1 tickets had people in them who were erased"), "{}", taken.stderr);
    assert_eq!(shown(&desk, "TKT-2021-99")["solicitante_nombre"], "(datos borrados)");
}
