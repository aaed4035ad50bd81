//! What tickets come to in figures, in both dialects: parameters, figures and their names from the tables that reports are made from.

use serde_json::{Map, Value, json};
use ticketing_core::{
    Locale,
    limits::{REPORT_PERIODS_MAX, REPORT_VALUES_MAX},
    report::{AGE_BANDS_DAYS, Counts, Dimension, MEASURES, MeasureSpec, Period, Unit},
};

use super::{headers, object, reference, responses, text};
use crate::reports::{Dialect, Kind, Members};

pub(super) fn paths() -> Value {
    let mut answers = responses("Reporte", &["401", "403", "422", "503"], &[]);
    complete(&mut answers["200"]);
    answers["304"] = not_modified();
    json!({ "/api/reportes": { "get": {
        "operationId": "reporte", "tags": ["Desk"], "summary": "What tickets come to in figures",
        "description": "Roles: ADMIN, MESA, AREA (its own area's tickets and no others). By period, and by a dimension. From sums that are \
                        kept as tickets change.",
        "security": super::security(), "parameters": parameters(Dialect::Desk), "responses": answers,
    } } })
}

pub(super) fn schemas() -> Value {
    json!({ "Reporte": report(Dialect::Desk), "Cifras": figures(Dialect::Desk) })
}

/// What an answer has beside its JSON.
pub(super) fn complete(done: &mut Value) {
    done["headers"]["ETag"] = headers::header(
        false,
        "Of JSON: the same where all is the same but for when it was asked for.",
        &json!({ "type": "string", "pattern": "^W/\"[0-9a-f]{32}\"$" }),
    );
    done["headers"]["Content-Disposition"] = headers::header(false, "Of CSV: the name of a file.", &text());
    done["headers"]["Content-Language"] =
        headers::header(true, "The language of names and definitions.", &json!({ "enum": ["es", "en", "pt"] }));
    done["headers"]["Cache-Control"] =
        headers::header(true, "It is to be asked for again.", &json!({ "const": "private, no-cache" }));
    done["content"]["text/csv"] = json!({ "schema": text() });
}

pub(super) fn not_modified() -> Value {
    json!({ "description": "If-None-Match names what there is." })
}

pub(super) fn parameters(dialect: Dialect) -> Value {
    let names = dialect.parameters();
    // What is empty is as good as absent at the desk: so a form sends what nobody has chosen.
    let parameter = |name: &str, description: &str, schema: Value| {
        let mut parameter =
            json!({ "name": name, "in": "query", "required": false, "description": description, "schema": schema });
        if dialect == Dialect::Desk {
            parameter["allowEmptyValue"] = true.into();
        }
        parameter
    };
    let day_or_instant =
        || json!({ "anyOf": [{ "type": "string", "format": "date" }, { "type": "string", "format": "date-time" }] });
    let [yes, no] = dialect.yes_and_no();
    let some = || json!({ "type": "array", "items": { "type": "string", "minLength": 1 } });
    json!([
        parameter(
            names.from,
            "The first civil day of the zone, or an RFC 3339 instant. Without it there are 24 hours, 30 days, 13 weeks, 12 months, 8 \
             quarters or 5 years, whole ones, up to the end.",
            day_or_instant()
        ),
        parameter(
            names.until,
            "The last civil day, to its end; or the first instant that is no longer in it. Without it, today.",
            day_or_instant()
        ),
        parameter(
            names.period,
            &format!(
                "How long a period is, in civil time; the first and the last are cut. There are at most {REPORT_PERIODS_MAX}."
            ),
            json!({ "enum": Period::ALL.map(|period| dialect.period(period)), "default": dialect.period(Period::Day) })
        ),
        parameter(
            names.by,
            "What there is a row for each value of; without it there are no rows but the total.",
            json!({ "enum": Dimension::ALL.map(|by| dialect.dimension(by)) })
        ),
        parameter(names.area, "Of these areas only, by name; it may stand several times.", some()),
        parameter(
            names.value,
            &format!(
                "Of these values only, of what it is by; it may stand several times. An agent's is the id. Needs `{}`.",
                names.by
            ),
            some()
        ),
        parameter(
            names.none,
            &format!("Of those without a value, too or only. Needs `{}`.", names.by),
            json!({ "enum": [yes, no], "default": no })
        ),
        parameter(names.zone, "An IANA time zone; without it, the desk's.", text()),
        parameter(
            names.measures,
            &format!(
                "Codes of figures, separated by commas; without it all. There are at most {} figures in an answer.",
                crate::reports::FIGURES_MAX
            ),
            text()
        ),
        parameter(
            names.language,
            "Of names, definitions and columns; without it, by `Accept-Language`.",
            json!({ "enum": Locale::ALL.map(Locale::code) })
        ),
        parameter(
            names.format,
            "Without it, by `Accept`. As CSV there is a line for each period, or for each value in each, and the columns have names in \
             the language.",
            json!({ "enum": ["json", "csv"], "default": "json" })
        ),
    ])
}

pub(super) fn report(dialect: Dialect) -> Value {
    let words = Members::of(dialect);
    let instant = || json!({ "type": "string", "format": "date-time" });
    let range = || vec![(words.from, instant()), (words.until, instant())];
    let list = |items: Value| json!({ "type": "array", "items": items });
    let or_null = |mut schema: Value| {
        schema["type"] = json!(["string", "null"]);
        schema
    };
    let mut by: Vec<_> = Dimension::ALL.iter().map(|by| json!(dialect.dimension(*by))).collect();
    by.push(Value::Null);
    let units = [Unit::Tickets, Unit::Time, Unit::Share, Unit::Ages].map(|unit| dialect.unit(unit));
    let clocks = [Counts::Events, Counts::WorkingTime, Counts::CalendarTime].map(|counts| dialect.clock(counts));
    let mut report = range();
    report.extend([
        (words.zone, text()),
        (words.period, json!({ "enum": Period::ALL.map(|period| dialect.period(period)) })),
        (words.by, json!({ "enum": by })),
        (words.as_of, described(instant(), "All that had happened by then is in it, but for what is told beside.")),
        (words.behind, json!({ "type": "integer", "minimum": 0, "description": "Events that are not in it yet." })),
        (
            words.age_bands,
            list(object(vec![
                (words.name, text()),
                (words.from_days, json!({ "type": "integer" })),
                (words.until_days, json!({ "type": ["integer", "null"] })),
            ])),
        ),
        (
            words.measures,
            list(object(vec![
                (words.code, json!({ "enum": MEASURES.map(|spec| dialect.measure(spec.measure)) })),
                (words.unit, json!({ "enum": units })),
                (words.clock, json!({ "enum": clocks })),
                (words.name, text()),
                (words.definition, described(text(), "What counts, and when.")),
            ])),
        ),
        (words.periods, list(object([vec![(words.name, text())], range()].concat()))),
        (words.previous, described(object(range()), "The time before that it compares with: as many periods.")),
    ]);
    let figures = || reference(if dialect == Dialect::Desk { "Cifras" } else { "Figures" });
    let row = || {
        vec![
            (words.periods, described(list(figures()), "As many as there are periods.")),
            (words.whole, described(figures(), "Of all periods as one.")),
            (words.previous, described(figures(), "Of the time before.")),
        ]
    };
    let kinds = [Kind::Value, Kind::None, Kind::Rest].map(|kind| dialect.kind(kind));
    let called = vec![
        (words.value, or_null(json!({ "description": "Null of those without one, and of all others." }))),
        (words.kind, json!({ "enum": kinds })),
        (words.name, described(text(), "What to show.")),
    ];
    let about = format!("A row for each value, the most used first; beyond {REPORT_VALUES_MAX}, all others are one.");
    let mut rows = list(object([called, row()].concat()));
    rows["maxItems"] = (REPORT_VALUES_MAX + 1).into();
    report.extend([(words.rows, described(rows, &about)), (words.total, object(row()))]);
    object(report)
}

/// Figures by their codes: those that are asked for.
pub(super) fn figures(dialect: Dialect) -> Value {
    let properties: Map<_, _> =
        MEASURES.iter().map(|spec| (dialect.measure(spec.measure).to_owned(), figure(spec, dialect))).collect();
    json!({ "type": "object", "properties": properties, "description": "Those that are asked for." })
}

fn figure(spec: &MeasureSpec, dialect: Dialect) -> Value {
    let words = Members::of(dialect);
    let integer = || json!({ "type": "integer" });
    let seconds =
        || json!({ "type": ["number", "null"], "minimum": 0, "description": "Seconds; null where there are none." });
    let figure = match spec.unit {
        Unit::Tickets => integer(),
        Unit::Share => object(vec![
            (words.part, integer()),
            (words.among, integer()),
            (words.ratio, json!({ "type": ["number", "null"], "description": "Null where there is nothing." })),
        ]),
        Unit::Time => {
            object(vec![(words.count, integer()), ("p50", seconds()), ("p90", seconds()), ("p99", seconds())])
        }
        Unit::Ages => {
            let bands = AGE_BANDS_DAYS.len() + 1;
            json!({ "type": "array", "items": integer(), "minItems": bands, "maxItems": bands })
        }
    };
    described(figure, spec.sentence(if dialect == Dialect::Desk { Locale::Es } else { Locale::En }))
}

fn described(mut schema: Value, description: &str) -> Value {
    schema["description"] = description.into();
    schema
}
