//! Rules files, TOML or JSON: text → document → rules. What is wrong is told with file, line, column and path.

mod outline;

use std::{fmt, fs, path::Path};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use anyhow::Context;
use serde_json::{Value, error::Category};
use serde_path_to_error::deserialize;
use ticketing_core::{RefusedValue, Rules, RulesDocument};
use toml::de::{DeTable, DeValue};

use self::outline::{Outline, Span};
use crate::zones::{self, UnknownZoneInRules};

/// What a value is refused for: its path and what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Refused {
    /// Member names separated by dots, `[index]` in lists.
    path: String,
    problem: String,
}

impl From<RefusedValue> for Refused {
    fn from(RefusedValue { path, problem }: RefusedValue) -> Self {
        Self { path, problem: problem.to_string() }
    }
}

/// Puts into a document what a file does not hold but rules must: the tables of the zones that it names.
fn compile(document: &mut RulesDocument) -> Result<(), Refused> {
    zones::complete(document).map_err(|UnknownZoneInRules { path, zone }| Refused { path, problem: zone.to_string() })
}

/// Reads rules from a file: JSON where its name ends so, else TOML.
#[cfg_attr(not(feature = "cli"), expect(dead_code, reason = "the fuzz targets have no files"))]
pub(crate) fn read(file: &Path) -> anyhow::Result<Rules> {
    let octets = fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let format = if is_json { Format::Json } else { Format::Toml };
    Ok(parse(&octets, format).map_err(|wrong| wrong.in_file(file.display().to_string()))?)
}

/// Reads rules from a text, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub(crate) fn parse_as(octets: &[u8], is_json: bool) -> Result<Rules, String> {
    let format = if is_json { Format::Json } else { Format::Toml };
    parse(octets, format).map_err(|wrong| wrong.in_file("rules".to_owned()).to_string())
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Format {
    Toml,
    Json,
}

fn parse(octets: &[u8], format: Format) -> Result<Rules, RulesFileError> {
    let octets = octets.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(octets);
    if octets.starts_with(b"\xFF\xFE") || octets.starts_with(b"\xFE\xFF") {
        return Err(Wrong::at(0..0, "the file is UTF-16: save it as UTF-8").shown(""));
    }
    let text = str::from_utf8(octets).map_err(|error| {
        let valid = error.valid_up_to();
        Wrong::at(valid..valid, "here the file is not UTF-8").shown(&String::from_utf8_lossy(octets))
    })?;
    if text.trim().is_empty() {
        // More likely a copy that failed than the wish for the built-in rules.
        return Err(
            Wrong::at(0..0, "the file is empty; a comment, or {} in JSON, stands for the built-in rules").shown("")
        );
    }
    let (mut document, outline) = match format {
        Format::Toml => from_toml(text),
        Format::Json => from_json(text),
    }
    .map_err(|wrong| wrong.shown(text))?;
    let refuse = |refused: Refused| {
        let span = outline.find(&refused.path).map(|place| place.span);
        Wrong { span, path: refused.path, problem: refused.problem }.shown(text)
    };
    compile(&mut document).map_err(refuse)?;
    Rules::new(document).map_err(|refused| refuse(refused.into()))
}

fn from_toml(text: &str) -> Result<(RulesDocument, Outline), Wrong> {
    let mut table =
        DeTable::parse(text).map_err(|error| Wrong::at(error.span().unwrap_or_default(), error.message()))?;
    table.get_mut().iter_mut().for_each(|(_, value)| dates_as_texts(value.get_mut()));
    let outline = Outline::of_toml(table.get_ref());
    let document = deserialize(toml::Deserializer::from(table)).map_err(|error| {
        let span = error.inner().span().unwrap_or_default();
        wrong_member(&outline, &error.path().to_string(), span.start, error.inner().message())
    })?;
    Ok((document, outline))
}

/// TOML has dates of its own, JSON has not: in rules they are texts.
fn dates_as_texts(value: &mut DeValue<'_>) {
    match value {
        DeValue::Datetime(date) if date.time.is_none() => *value = DeValue::String(date.to_string().into()),
        DeValue::Array(items) => items.iter_mut().for_each(|item| dates_as_texts(item.get_mut())),
        DeValue::Table(table) => table.iter_mut().for_each(|(_, value)| dates_as_texts(value.get_mut())),
        _ => {}
    }
}

fn from_json(text: &str) -> Result<(RulesDocument, Outline), Wrong> {
    // The whole grammar first, so that what is told next stands in a file that can be read.
    serde_json::from_str::<Value>(text).map_err(|error| {
        let offset = if error.classify() == Category::Eof { text.trim_end().len() } else { offset_of(text, &error) };
        Wrong::at(offset..offset, message_of(&error))
    })?;
    let (outline, twice) = Outline::of_json(text);
    if let Some((name, span)) = twice.into_iter().min_by_key(|(_, span)| span.start) {
        return Err(Wrong::at(span, format!("“{name}” stands there twice")));
    }
    let document = deserialize(&mut serde_json::Deserializer::from_str(text)).map_err(|error| {
        let offset = offset_of(text, error.inner());
        wrong_member(&outline, &error.path().to_string(), offset, &message_of(error.inner()))
    })?;
    Ok((document, outline))
}

/// A member that has the wrong type, is unknown or is missing; the reader had come to an offset.
fn wrong_member(outline: &Outline, path: &str, offset: usize, message: &str) -> Wrong {
    let path = path.trim_start_matches('.');
    let place = outline.find(path);
    // What is wrong before the value is reached is the name.
    let span = place.map(|place| if offset < place.span.start { place.name_span } else { place.span });
    Wrong { span, path: path.to_owned(), problem: in_plain_words(message) }
}

/// Where the JSON reader was: on the last octet that it had looked at.
fn offset_of(text: &str, error: &serde_json::Error) -> usize {
    let before = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
    let offset = (before + error.column()).saturating_sub(1).min(text.len());
    (0..=offset).rev().find(|offset| text.is_char_boundary(*offset)).unwrap_or_default()
}

fn message_of(error: &serde_json::Error) -> String {
    let full = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    full.strip_suffix(&place).unwrap_or(&full).to_owned()
}

/// The same without the names of Rust's types.
fn in_plain_words(message: &str) -> String {
    const EXPECTED: [(&str, &str); 7] = [
        ("u8", "a whole number"),
        ("u32", "a whole number"),
        ("i32", "a whole number"),
        ("i64", "a whole number"),
        ("a sequence", "a list"),
        ("a map", "members with names"),
        ("a boolean", "true or false"),
    ];
    let Some((what, expected)) = message.rsplit_once(", expected ") else { return message.to_owned() };
    let plain = match EXPECTED.iter().find(|(rust, _)| *rust == expected) {
        Some((_, plain)) => plain,
        None if expected.starts_with("struct ") => "members with names",
        None => expected,
    };
    format!("{what}, expected {plain}")
}

/// What is wrong in a text, and where.
struct Wrong {
    /// `None`: it is about what the text does not hold.
    span: Option<Span>,
    path: String,
    problem: String,
}

impl Wrong {
    fn at(span: Span, problem: impl Into<String>) -> Self {
        Self { span: Some(span), path: String::new(), problem: problem.into() }
    }

    fn shown(self, text: &str) -> RulesFileError {
        let Self { span, path, problem } = self;
        let start = span.as_ref().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let rest = text.get(line_start..).unwrap_or_default();
        let content = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let line = before.matches('\n').count() + 1;
        let passed = before.get(line_start..).unwrap_or_default();
        let column = passed.trim_end_matches('\r').chars().count() + 1;
        let snippet = span.filter(|_| !content.is_empty()).map(|span| {
            // What goes on below is underlined to its line's end.
            let from = (start - line_start).min(content.len());
            let until = (span.end.saturating_sub(line_start)).clamp(from, content.len());
            let snippet = Snippet::source(content).line_start(line);
            let snippet = snippet.annotation(AnnotationKind::Primary.span(from..until));
            Renderer::plain().render(&[Group::with_level(Level::ERROR).element(snippet)])
        });
        RulesFileError { file: String::new(), line, column, path, problem, snippet }
    }
}

/// What keeps a file from holding rules: `file:line:column: path: problem`, and the line itself.
#[derive(Debug)]
struct RulesFileError {
    file: String,
    /// From 1.
    line: usize,
    /// In characters from 1.
    column: usize,
    /// Empty where the text could not be read at all.
    path: String,
    problem: String,
    /// The line, with what is wrong underlined.
    snippet: Option<String>,
}

impl RulesFileError {
    fn in_file(self, file: String) -> Self {
        Self { file, ..self }
    }
}

impl fmt::Display for RulesFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, path, problem, snippet } = self;
        write!(f, "{file}:{line}:{column}: ")?;
        // Names may have anything in them, also what terminals obey.
        if !path.is_empty() {
            write!(f, "{}: ", without_controls(path))?;
        }
        f.write_str(&without_controls(problem))?;
        snippet.as_ref().map_or(Ok(()), |snippet| write!(f, "\n{snippet}"))
    }
}

impl std::error::Error for RulesFileError {}

fn without_controls(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        // What a parser says may have lines.
        if char.is_control() && char != '\n' { line.extend(char.escape_default()) } else { line.push(char) }
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Regression, found by fuzzing.
    #[test]
    fn names_are_told_without_what_terminals_obey() {
        for text in [r#"{"\u001b[31mred": 1}"#, r#"{"calendarios": {"\u001b[31mred": {"zona": 7}}}"#] {
            let told = wrong(Format::Json, text);
            assert!(told.contains("[31mred") && !told.contains('\u{1b}'), "{told}");
        }
    }

    /// `line:column: path: problem` of a wrong file.
    #[track_caller]
    fn wrong(format: Format, octets: impl AsRef<[u8]>) -> String {
        let error = parse(octets.as_ref(), format).unwrap_err().to_string();
        error.lines().next().unwrap().trim_start_matches(':').to_owned()
    }

    /// Each text with the beginning of what is said of it.
    #[track_caller]
    fn check(format: Format, cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            // Neither a mark at its beginning nor the ends of its lines move anything.
            for text in [(*text).to_owned(), format!("\u{FEFF}{text}"), text.replace('\n', "\r\n")] {
                let said = wrong(format, &text);
                assert!(said.starts_with(expected), "{text}\n  says: {said}\n   not: {expected}");
            }
        }
    }

    const FIELDS: &str = "unknown field `mx`, expected one of `requerido`, `min`, `max`";

    #[test]
    fn toml_that_cannot_be_read_is_told_with_its_place() {
        check(
            Format::Toml,
            &[
                ("reapertura = ", "1:14: string values must be quoted, expected literal string"),
                ("\n\n= 1", "3:1: unquoted keys cannot be empty, expected letters, numbers, `-`, `_`"),
                ("tipos = [\"A\",\n\"B\"\n", "2:4: unclosed array, expected `]`"),
                ("[areas]\npredeterminada = \"é\n", "2:20: invalid basic string, expected `\"`"),
                ("[areas]\nx = 1\n[areas]\n", "3:2: duplicate key"),
                ("reapertura = 1\nreapertura = 2\n", "2:1: duplicate key"),
                ("\treapertura = 1 2\n", "1:15: string values must be quoted, expected literal string"),
            ],
        );
    }

    #[test]
    fn json_that_cannot_be_read_is_told_with_its_place() {
        check(
            Format::Json,
            &[
                ("{", "1:2: EOF while parsing an object"),
                ("{\n  \"reapertura\": 30,\n}", "3:1: trailing comma"),
                ("{\n  \"reapertura\" 30\n}", "2:16: expected `:`"),
                ("{\n\t\"areas\": { \"predeterminada\": \"é\", x }\n}", "2:36: key must be a string"),
                ("{\"é\": tru}", "1:10: expected ident"),
                ("{\"tipos\": [\"a\nb\"]}", "1:14: control character (\\u0000-\\u001F) found while parsing a string"),
                ("{} {}", "1:4: trailing characters"),
                ("reapertura = 30\n", "1:1: expected value"),
                ("// none\n{}", "1:1: expected value"),
                ("{\"tipos\": [\"A\"],\n \"tipos\": [\"B\"]}", "2:2: “tipos” stands there twice"),
                (
                    "{\"sla\": {\"politicas\": [{\"id\": 1, \"nombre\": \"x\", \"resolucion\": {\"porPrioridad\": {\n\"ALTA\": \"1h\", \"\\u0041LTA\": \"2h\"}}}]}}",
                    "2:15: “ALTA” stands there twice",
                ),
            ],
        );
    }

    #[test]
    fn wrong_types_and_unknown_members_are_told_with_place_and_path_in_toml() {
        check(
            Format::Toml,
            &[
                ("\n  camposs = 1", "2:3: camposs: unknown field `camposs`, expected one of `campos`, `tipos`"),
                ("[campos.asunto]\nmx = 80\n", &format!("2:1: campos.asunto.mx: {FIELDS}")),
                ("campos = { asunto = { \"mx\" = 80 } }\n", &format!("1:23: campos.asunto.mx: {FIELDS}")),
                ("reapertura = \"30\"\n", "1:14: reapertura: invalid type: string \"30\", expected a whole number"),
                ("reapertura = -1\n", "1:14: reapertura: invalid value: integer `-1`, expected a whole number"),
                ("reapertura = 1.5\n", "1:14: reapertura: invalid type: floating point `1.5`, expected a whole number"),
                ("tipos = \"A\"\n", "1:9: tipos: invalid type: string \"A\", expected a list"),
                ("tipos = [\"日本\", 3]\n", "1:16: tipos[1]: invalid type: integer `3`, expected a string"),
                (
                    "[campos]\nasunto.requerido = \"sí\"\n",
                    "2:20: campos.asunto.requerido: invalid type: string \"sí\", expected true or false",
                ),
                ("areas = 3\n", "1:9: areas: invalid type: integer `3`, expected members with names"),
                (
                    "[[sla.politicas]]\nid = 1\nnombre = \"x\"\n[[sla.politicas]]\nid = 2\n",
                    "4:1: sla.politicas[1]: missing field `nombre`",
                ),
                (
                    "[[sla.politicas]]\nid = 1\nnombre = \"x\"\nresolucion.porPrioridad = { \"MÁS ALTA\" = \"1h\", 'A.B[0]' = \"1d\" }\n",
                    "4:59: sla.politicas[0].resolucion.porPrioridad.A.B[0]: “1d” is no budget",
                ),
            ],
        );
    }

    #[test]
    fn wrong_types_and_unknown_members_are_told_with_place_and_path_in_json() {
        check(
            Format::Json,
            &[
                ("{\"campos\": {\"asunto\": {\n\t\"mx\": 80}}}", &format!("2:2: campos.asunto.mx: {FIELDS}")),
                (
                    "{\n  \"reapertura\": \"30\"\n}",
                    "2:17: reapertura: invalid type: string \"30\", expected a whole number",
                ),
                ("{\"reapertura\": -1}", "1:16: reapertura: invalid value: integer `-1`, expected a whole number"),
                ("{\"tipos\": \"A\"}", "1:11: tipos: invalid type: string \"A\", expected a list"),
                ("{\"tipos\": [\"日本\", 3]}", "1:18: tipos[1]: invalid type: integer `3`, expected a string"),
                ("{\"tipos\": [\"A\", [\"B\"]]}", "1:17: tipos[1]: invalid type: sequence, expected a string"),
                (
                    "{\"sla\": {\"politicas\": [\n  {\"id\": 1, \"nombre\": \"x\"},\n  {\"id\": 2}\n]}}",
                    "3:3: sla.politicas[1]: missing field `nombre`",
                ),
                (
                    "{\"sla\": {\"politicas\": [{\"id\": 1, \"nombre\": \"x\", \"resolucion\": {\"porPrioridad\": {\"A.B[0]\":\n  \"1d\"}}}]}}",
                    "2:3: sla.politicas[0].resolucion.porPrioridad.A.B[0]: “1d” is no budget",
                ),
            ],
        );
    }

    #[test]
    fn values_that_rules_refuse_are_told_with_their_place() {
        check(
            Format::Toml,
            &[
                ("[campos.asunto]\nmin = 9\nmax = 8\n", "2:7: campos.asunto.min: at most its max, 8"),
                ("[campos.asunto]\n\n  max\t= 1001 # too many\n", "3:9: campos.asunto.max: at most 1000"),
                (
                    "[campos]\nemail = { max = 8 }\n",
                    "2:1: campos.email: min and max are for texts; the length of this field is fixed",
                ),
                (
                    "[campos.email]\nmax = 8\n",
                    "1:9: campos.email: min and max are for texts; the length of this field is fixed",
                ),
                ("tipos = []\n", "1:1: tipos: at least one type is needed"),
                ("tipos = [\n  \"日本\",\n  \"日本\",\n]\n", "3:3: tipos[1]: “日本” stands there twice"),
                (
                    "[[areas.lista]]\nnombre = \"A\"\n[[areas.lista]]\nnombre = \"B\"\nalias = [\"a\"]\n",
                    "3:1: areas.lista[1]: “a” already names another, or itself",
                ),
                (
                    "[[sla.politicas]]\nnombre = \"é\"\nid = 0\n",
                    "3:6: sla.politicas[0].id: an id lies between 1 and 2147483647",
                ),
                (
                    "[sla]\npoliticas = [{ nombre = \"x\", id = 0 }]\n",
                    "2:35: sla.politicas[0].id: an id lies between 1 and 2147483647",
                ),
                ("reapertura = 4000\n", "1:14: reapertura: at most 3660 days"),
            ],
        );
        check(
            Format::Json,
            &[
                ("{\"campos\": {\"asunto\": {\"max\": 1001}}}", "1:31: campos.asunto.max: at most 1000"),
                (
                    "{\"campos\": {\n  \"email\": {\n    \"max\": 8\n  }\n}}",
                    "2:3: campos.email: min and max are for texts; the length of this field is fixed",
                ),
                (
                    "{\"sla\": {\"politicas\": [{\"nombre\": \"é\", \"id\": 0}]}}",
                    "1:46: sla.politicas[0].id: an id lies between 1 and 2147483647",
                ),
                (
                    "{\"areas\": {\"lista\": [{\"nombre\": \"A\"},\n{\"nombre\": \"B\", \"alias\": [\"a\"]}]}}",
                    "2:1: areas.lista[1]: “a” already names another, or itself",
                ),
            ],
        );
    }

    #[test]
    fn calendars_and_zones_are_told_with_their_place() {
        check(
            Format::Toml,
            &[
                ("reapertura = 1\nzona = \"America/Bogotá\"\n", "2:8: zona: “America/Bogotá” is no time zone: "),
                (
                    "[calendarios.a]\nsemana.lun = [[\"08:00\", \"17:00\"]]\n[calendarios.\"b.c\"]\nzona = \"europe/madrid\"\n",
                    "4:8: calendarios.b.c.zona: “europe/madrid” is no time zone: did you mean “Europe/Madrid”?",
                ),
                ("calendario = \"oficina\"\n", "1:14: calendario: “oficina” is no calendar; "),
                ("[calendarios]\noficina = {}\n", "2:1: calendarios.oficina: a calendar needs a shift"),
                (
                    "[calendarios.a]\nsemana = { lun = [[\"08:00\", \"12:00\"], [\"13:00\", \"25:00\"]] }\n",
                    "2:39: calendarios.a.semana.lun[1]: “25:00” is no time of day",
                ),
                ("[calendarios.a]\nsemana.lunes = []\n", "2:8: calendarios.a.semana.lunes: unknown field `lunes`"),
                (
                    "[[calendarios.a.excepciones]]\nfecha = 2026-12-25\n[[calendarios.a.excepciones]]\nfecha = \"25/12/2026\"\n",
                    "4:9: calendarios.a.excepciones[1].fecha: “25/12/2026” is no date",
                ),
            ],
        );
        check(
            Format::Json,
            &[
                ("{\n  \"zona\": \"Bogota\"\n}", "2:11: zona: “Bogota” is no time zone: "),
                (
                    "{\"calendarios\": {\"a\": {\"excepciones\": [\n  {\"fecha\": \"2026-02-30\"}]}}}",
                    "2:13: calendarios.a.excepciones[0].fecha: “2026-02-30” is no date",
                ),
            ],
        );
    }

    /// The default area is not among those that are listed.
    #[test]
    fn what_the_file_leaves_out_is_told_where_it_would_stand() {
        let problem = "areas.predeterminada: it must be in areas.lista when soloConocidas is true";
        let toml = "reapertura = 1\n\n[areas]\nsoloConocidas = true\nlista = []\n";
        assert_eq!(wrong(Format::Toml, toml), format!("3:2: {problem}"));
        let json = "{\n  \"areas\": { \"soloConocidas\": true, \"lista\": [] }\n}";
        assert_eq!(wrong(Format::Json, json), format!("2:3: {problem}"));
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_place() {
        for format in [Format::Toml, Format::Json] {
            let problem = "the file is empty; a comment, or {} in JSON, stands for the built-in rules";
            for empty in ["", "\u{FEFF}", " \r\n\t\n"] {
                assert_eq!(wrong(format, empty), format!("1:1: {problem}"));
            }
            assert_eq!(wrong(format, b"# \xC3\xA9\n# ni\xF1o\n"), "2:5: here the file is not UTF-8");
            assert_eq!(wrong(format, b"\xFF\xFE{\0}\0"), "1:1: the file is UTF-16: save it as UTF-8");
        }
        assert_eq!(parse(b"# nothing\n", Format::Toml).unwrap(), Rules::default());
        assert_eq!(parse(b"\xEF\xBB\xBF{}\r\n", Format::Json).unwrap(), Rules::default());
    }

    #[test]
    fn the_line_is_shown_with_what_is_wrong_underlined() {
        let shown = |format, text: &str| {
            let error = parse(text.as_bytes(), format).unwrap_err();
            error.in_file("reglas".to_owned()).to_string()
        };
        let toml = "# límites\n[campos.asunto]\n\tmax = 2000 # más\n";
        let json = "{ \"tipos\": [\"日本\", \"日本\"] }";
        let list = "{\"sla\": {\"politicas\": [{\n\"id\": 1}]}}";
        let all = [
            shown(Format::Toml, toml),
            shown(Format::Json, json),
            shown(Format::Json, list),
            shown(Format::Toml, &format!("{}tipos = 3", "\n".repeat(120))),
            shown(Format::Toml, "reapertura = \u{1B}[31m"),
            shown(Format::Toml, &format!("tipos = [{}3]", "\"A\", ".repeat(100))),
            shown(Format::Json, ""),
        ];
        insta::assert_snapshot!(all.join("\n---\n"));
    }

    #[test]
    fn toml_may_write_dates_as_its_own() {
        let mut table = DeTable::parse("a = [{ b = 2026-12-25 }]\nc = 2026-12-25T10:00:00Z").unwrap();
        table.get_mut().iter_mut().for_each(|(_, value)| dates_as_texts(value.get_mut()));
        let written = format!("{:?}", table.get_ref());
        assert!(written.contains("String(\"2026-12-25\")") && written.contains("value: Datetime("), "{written}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn prop_no_octets_panic_and_each_error_has_a_place_in_the_file(
            octets in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..80),
                prop::collection::vec(piece(), 0..30).prop_map(|pieces| pieces.concat().into_bytes()),
            ],
            is_json in any::<bool>(),
        ) {
            let format = if is_json { Format::Json } else { Format::Toml };
            if let Err(error) = parse(&octets, format) {
                let text = String::from_utf8_lossy(&octets);
                // The mark at the beginning is none of the text; another one behind it is.
                let line = text.strip_prefix('\u{FEFF}').unwrap_or(&text).split('\n').nth(error.line - 1);
                let Some(line) = line else { return Err(TestCaseError::fail("no such line")) };
                prop_assert!(error.column <= line.chars().count() + 1, "{}", error);
            }
        }
    }

    fn piece() -> impl Strategy<Value = String> {
        let fixed = prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"",
            "=",
            ".",
            "\n",
            "\r\n",
            "\t",
            " ",
            "é",
            "日",
            "\"tipos\"",
            "tipos",
            "campos",
            "\"campos\"",
            "asunto",
            "max",
            "sla",
            "politicas",
            "[[sla.politicas]]\n",
            "id = 1\n",
            "nombre",
            "3",
            "-1",
            "true",
            "'x'",
            "\"\\ud800\"",
            "#",
            "\"asunto\": {\"max\": 1001}",
            "2026-12-25",
            "\u{FEFF}",
        ]);
        prop_oneof![9 => fixed.prop_map(str::to_owned), 1 => any::<String>()]
    }
}
