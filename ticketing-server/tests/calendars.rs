//! Calendars on the command line: what they say, and holidays taken into them from files.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use ticketing_server::store::RulesStore;

use self::common::{program::Desk, seed};

const RULES: &str = r#"
zona = "America/Bogota"
calendario = "oficina"

[calendarios.oficina]
semana.lun = [["08:00", "12:00"], ["13:00", "17:00"]]
semana.mar = [["08:00", "17:00"]]
semana.vie = [["22:00", "06:00"]]
excepciones = [
    { fecha = "2026-12-08", nombre = "Media jornada", horas = [["08:00", "12:00"], ["13:00", "14:00"]] },
    { fecha = "2026-12-25" },
]
"#;

/// A desk with these rules.
fn desk(rules: &str) -> Desk {
    let desk = Desk::new();
    desk.write("reglas.toml", rules);
    desk.run(&["rules", "apply", "reglas.toml"]).success();
    desk
}

impl Desk {
    fn calendar(&self, name: &str) -> Value {
        let rules: Value = serde_json::from_str(&self.run(&["rules", "show"]).success()).unwrap();
        rules["calendarios"][name].clone()
    }

    /// The exceptions of a calendar: date → name, and hours where it has some.
    fn exceptions(&self, calendar: &str) -> BTreeMap<String, String> {
        let calendar = self.calendar(calendar);
        let exceptions = calendar["excepciones"].as_array().unwrap().iter().map(|exception| {
            let hours = exception.get("horas").map(|hours| format!(" {hours}")).unwrap_or_default();
            let name = exception["nombre"].as_str().unwrap_or_default();
            (exception["fecha"].as_str().unwrap().to_owned(), format!("{name}{hours}"))
        });
        exceptions.collect()
    }

    fn version(&self) -> i64 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { self.open().await.active_version().await.unwrap().unwrap().0 })
    }
}

#[test]
fn a_calendar_is_shown_with_its_week_and_its_exceptions() {
    let desk = desk(&format!(
        "{RULES}\n[calendarios.noche]\nzona = \"Europe/Madrid\"\nsemana.dom = [[\"00:00\", \"24:00\"]]\n"
    ));
    insta::assert_snapshot!(desk.run(&["calendar", "show"]).success());
    let one = desk.run(&["calendar", "show", "--calendar", "oficina", "--year", "2025"]).success();
    assert!(one.contains("“oficina”") && one.contains("no exceptions in 2025") && !one.contains("noche"), "{one}");
    let message = desk.run(&["calendar", "show", "--calendar", "Oficina"]).failure(1);
    assert_eq!(message, "error: “Oficina” is no calendar; there are: noche, oficina\n");
}

#[test]
fn holidays_are_taken_after_a_review_that_says_what_each_does() {
    let desk = desk(RULES);
    desk.write(
        "festivos.csv",
        "fecha;nombre\n08/12/2026;Inmaculada\n25/12/2026;Navidad\n28/12/2026;Inocentes\n26/12/2026;Sábado\nhoy;x\n01/01/2020;y\n",
    );
    let import = |more: &[&str]| {
        let arguments = ["calendar", "import", "festivos.csv", "--from", "2026", "--until", "2030"];
        desk.run(&[&arguments, more].concat())
    };
    let before = desk.version();
    insta::assert_snapshot!(import(&["--dry-run"]).success());
    assert_eq!(desk.version(), before);

    let said = import(&["--yes"]).success();
    assert!(said.contains(&format!("version {} is active; its hash is ", before + 1)), "{said}");
    let hash = said.trim_end().rsplit(' ').next().unwrap().to_owned();
    let rules = desk.write("shown.json", desk.run(&["rules", "show"]).success());
    assert!(desk.run(&["rules", "check", rules.to_str().unwrap()]).success().contains(&hash));
    let expected = [
        ("2026-12-08", "Media jornada [[\"08:00\",\"12:00\"],[\"13:00\",\"14:00\"]]"),
        ("2026-12-25", ""),
        ("2026-12-26", "Sábado"),
        ("2026-12-28", "Inocentes"),
    ];
    let texts = |days: [(&str, &str); 4]| days.map(|(date, name)| (date.to_owned(), name.to_owned())).into();
    assert_eq!(desk.exceptions("oficina"), texts(expected));

    // Once more it does nothing; with --replace it closes what has hours.
    assert!(import(&["--yes"]).success().ends_with("nothing changes\n"));
    assert_eq!(desk.version(), before + 1);
    let said = import(&["--yes", "--replace"]).success();
    assert!(said.contains("replaces hours 08:00–12:00, 13:00–14:00"), "{said}");
    let mut expected = expected;
    expected[0].1 = "Inmaculada";
    assert_eq!(desk.exceptions("oficina"), texts(expected));
}

#[test]
fn without_a_terminal_and_without_a_yes_nothing_is_changed() {
    let desk = desk(RULES);
    desk.write("festivos.csv", "2026-12-28,Inocentes");
    let before = desk.version();
    let outcome = desk.run(&["calendar", "import", "festivos.csv", "--from", "2026"]);
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stdout.contains("2026-12-28  Mon  Inocentes  new"), "{}", outcome.stdout);
    assert_eq!(outcome.stderr, "error: nothing was changed: where nobody can be asked, say --yes\n");
    assert_eq!(desk.version(), before);
}

#[test]
fn the_calendar_is_named_where_there_are_several() {
    let desk = desk(&format!("{RULES}\n[calendarios.noche]\nsemana.dom = [[\"00:00\", \"24:00\"]]\n"));
    desk.write("festivos.csv", "2026-12-28,Inocentes");
    let import =
        |more: &[&str]| desk.run(&[&["calendar", "import", "festivos.csv", "--from", "2026", "--yes"], more].concat());
    let message = import(&[]).failure(1);
    assert_eq!(message, "error: say which calendar with --calendar; there are: noche, oficina\n");
    let message = import(&["--calendar", "día"]).failure(1);
    assert_eq!(message, "error: “día” is no calendar; there are: noche, oficina\n");
    import(&["--calendar", "noche"]).success();
    assert_eq!(desk.exceptions("noche").len(), 1);
    assert_eq!(desk.exceptions("oficina").len(), 2);
}

#[test]
fn rules_without_calendars_say_so() {
    let desk = desk("reapertura = 30\n");
    desk.write("festivos.csv", "2026-12-28,Inocentes");
    for arguments in [&["calendar", "show"][..], &["calendar", "import", "festivos.csv", "--yes"]] {
        let message = desk.run(arguments).failure(1);
        assert!(message.starts_with("error: the rules have no calendar: write one under `calendarios`"), "{message}");
    }
    let nowhere = Desk::on_a_file();
    let message = nowhere.run(&["calendar", "import", "festivos.csv", "--yes"]).failure(1);
    assert!(message.contains("there is no database at ticketing.db"), "{message}");
    assert!(!nowhere.file().exists());
}

#[test]
fn a_file_that_cannot_be_trusted_changes_nothing() {
    let desk = desk(RULES);
    let before = desk.version();
    let huge = "2026-12-28,x\n".repeat(500_000);
    for (name, content, said) in [
        (
            "medio.csv",
            &b"fecha,nombre\n2026-12-28,a\n12/24/2026,b\n"[..],
            "line 3: “12/24/2026” is no day that there is",
        ),
        ("vacio.csv", b"", "it is empty"),
        ("latin1.csv", b"2026-12-28,Ni\xF1os\n", "line 1: it is not UTF-8"),
        ("utf16.csv", b"\xFF\xFE2\x000\x00", "it is UTF-16"),
        ("imagen.ics", b"\x89PNG\0\0", "it is no text"),
        ("pagina.ics", b"<html>", "it is a web page"),
        (
            "cortado.ics",
            b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261228\n",
            "it ends within VEVENT of line 2: is it cut off?",
        ),
        ("enorme.csv", huge.as_bytes(), "it is larger than 5 MiB"),
    ] {
        desk.write(name, content);
        let message = desk.run(&["calendar", "import", name, "--yes"]).failure(1);
        assert!(message.starts_with(&format!("error: nothing is taken from {name}: {said}")), "{message}");
    }
    desk.write("horas.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261228T080000\nEND:VEVENT\nEND:VCALENDAR");
    let outcome = desk.run(&["calendar", "import", "horas.ics", "--from", "2026", "--until", "2027", "--yes"]);
    assert_eq!(outcome.status, Some(1));
    assert!(outcome.stdout.contains("line 2: it begins at a time of day"), "{}", outcome.stdout);
    assert_eq!(outcome.stderr, "error: horas.ics has no whole day in 2026–2027\n");
    let message = desk.run(&["calendar", "import", "nada.ics", "--yes"]).failure(1);
    assert!(message.contains("nada.ics cannot be read"), "{message}");
    for years in [["--from", "1999"], ["--until", "2100"]] {
        desk.run(&[&["calendar", "import", "horas.ics"][..], &years].concat()).failure(2);
    }
    assert_eq!(desk.version(), before);
}

#[tokio::test]
async fn open_tickets_follow_where_they_are_told_to() {
    let desk = desk(RULES);
    let server = desk.serve();
    server.connect().await.post("/api/tickets/crear", &seed()).await.ok();
    desk.write("festivos.csv", "2030-12-30,a");
    let import = |more: &[&str]| desk.run(&[&["calendar", "import", "festivos.csv"], more].concat());
    let said = import(&["--from", "2030", "--dry-run"]).success();
    assert!(said.contains("1 open tickets keep what they were promised until something changes them"), "{said}");
    let said = import(&["--from", "2030", "--yes", "--rematch"]).success();
    assert!(said.contains("of 1 open tickets: ") && said.contains(" open tickets are under it now"), "{said}");
}

/// The example files hold the days of the example rules of the same country.
#[test]
fn an_import_of_the_example_files_is_the_example_calendar() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/rules");
    for (file, rules, calendar) in
        [("festivos-colombia.ics", "colombia.toml", "oficina"), ("feriados-brasil.csv", "brasil.toml", "escritorio")]
    {
        let rules = fs::read_to_string(examples.join(rules)).unwrap();
        let imported = desk(rules.split("excepciones = [").next().unwrap());
        assert_eq!(imported.calendar(calendar).get("excepciones"), None);
        let file = examples.join(file);
        let arguments = ["calendar", "import", file.to_str().unwrap(), "--from", "2026", "--until", "2030", "--yes"];
        let said = imported.run(&arguments).success();
        assert!(!said.contains("not taken"), "{said}");
        assert_eq!(imported.exceptions(calendar), desk(&rules).exceptions(calendar));
    }
}
