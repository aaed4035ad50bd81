//! What the core says of generated forms, a line of JSON each, for comparison with what the module says of the same forms.
//!
//! `cargo run -p ticketing-wasm --example verdicts -- CASES`: each line has `locale`, `form` (JSON in a text, as it was
//! generated), `now`, and `verdict`, `sla`, `label` as the package should answer them. The same number of cases gives the same
//! lines. With `rules` instead, each line has a document of rules and what the package should make of it; with `lifecycle`, a ticket,
//! a role, and what that may do.

use std::io::{BufWriter, Write as _};

use anyhow::Context as _;
use proptest::{
    prelude::*,
    sample::select,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};
use ticketing_core::{
    Draft, Field, LabelFormat, Locale, NewTicket, Rules, RulesError, Timestamp, Violations,
    field::{FIELDS, Kind},
    sla::Sla,
    ticket::{
        Origin, Status,
        lifecycle::{self, Operation},
    },
    user::UserRole,
};

fn main() -> anyhow::Result<()> {
    let lines = match std::env::args().nth(1).as_deref() {
        Some("rules") => Some(rules()?),
        Some("lifecycle") => Some(lifecycle()),
        _ => None,
    };
    if let Some(lines) = lines {
        for line in &lines {
            println!("{line}");
        }
        return Ok(());
    }
    let cases: usize = std::env::args().nth(1).map_or(Ok(1000), |cases| cases.parse())?;
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = (form(), select(Locale::ALL.to_vec()), -62_135_596_800_000_i64..253_402_300_799_999, label());
    let rules = Rules::default();
    let mut out = BufWriter::new(std::io::stdout().lock());
    for _ in 0..cases {
        let tree = strategy.new_tree(&mut runner).map_err(anyhow::Error::msg)?;
        let (form, locale, now, label) = tree.current();
        let draft = Draft::from_json(form.as_bytes())?;
        let line = json!({
            "locale": locale.code(),
            "verdict": verdict(draft.validate(&rules), locale),
            "now": now,
            "sla": sla(&draft, &rules, Timestamp::from_unix_millis(now).ok()),
            "label": label,
            "parsed": LabelFormat::default().parse(&label).ok().map(|parsed| json!({
                "canonical": parsed.to_string(), "prefix": parsed.prefix(), "year": parsed.year(), "number": parsed.number(),
            })),
            "form": form,
        });
        writeln!(out, "{line}")?;
    }
    Ok(out.flush()?)
}

/// What each role may do to each ticket, and what becomes of that.
fn lifecycle() -> Vec<Value> {
    let mut lines = Vec::new();
    for role in UserRole::ALL {
        for archived in [false, true] {
            for status in Status::ALL {
                let after =
                    |operation| lifecycle::after(operation, status, archived, role.as_role()).ok().map(Status::name);
                let named: serde_json::Map<_, _> = Operation::NAMED
                    .into_iter()
                    .filter(|operation| !matches!(operation, Operation::Edit | Operation::Reply))
                    .map(|operation| (operation.name().to_owned(), after(operation).into()))
                    .collect();
                let settable = Status::ALL.into_iter().filter(|to| after(Operation::SetStatus(*to)).is_some());
                lines.push(json!({
                    "ticket": { "estado": status.name(), "archivado": archived, "rol": role.name() },
                    "allowed": lifecycle::allowed(status, archived, role.as_role()),
                    "after": named,
                    "statuses": settable.map(Status::name).collect::<Vec<_>>(),
                    "edit": after(Operation::Edit).is_some(),
                    "reply": after(Operation::Reply).is_some(),
                }));
            }
        }
    }
    lines
}

/// Documents of rules, whole and with every place of them changed, taken away or added to, and what the core makes of each: the
/// hash and the fields' options and limits, or nothing where they are none.
fn rules() -> anyhow::Result<Vec<Value>> {
    let whole = json!({
        "campos": { "asunto": { "requerido": true, "min": 2, "max": 90 }, "email": { "requerido": null, "max": null } },
        "tipos": ["QUEJA", "AVERÍA"],
        "prioridades": { "lista": [{ "nombre": "ALTA", "alias": ["URGENTE", "prio 1"] }, { "nombre": "BAJA" }], "soloConocidas": true },
        "areas": { "lista": [{ "nombre": "MESA" }, { "nombre": "OTRA", "alias": [] }], "predeterminada": "MESA", "soloConocidas": true },
        "etiqueta": { "prefijo": "hd", "digitos": 3 },
        "sla": { "politicas": [{
            "id": 4, "nombre": "VIP",
            "cuando": { "tipo": ["QUEJA"], "prioridad": ["ALTA"], "categoria": ["\u{10000}"], "area": ["MESA"], "origen": ["CHAT"] },
            "resolucion": { "porPrioridad": { "ALTA": "90m", "BAJA": "0120m", "\u{E000}": "1h", "\u{10000}": "2h", "a\"\\\n\u{7F}/": "3h" }, "otras": "4h" },
        }, { "id": 1, "nombre": "Otras" }, { "id": 2, "nombre": "Nada", "resolucion": { "otras": null } }] },
        "cierreAutomatico": 3, "reapertura": 0,
        "zona": { "nombre": "America/Bogota", "desfaseSegundos": -18000,
                  "transiciones": [{ "desde": -5_000_000_000_i64, "desfaseSegundos": -14400 }] },
    });
    let mut documents = vec![whole.clone(), json!({}), json!(Rules::default()), json!(null), json!("x")];
    let mut places = Vec::new();
    list_places(&whole, "", &mut places);
    let others = [
        json!(null),
        json!(true),
        json!(0),
        json!(7),
        json!(-7),
        json!(1.5),
        json!(4_294_967_296_i64),
        json!(-2_147_483_648_i64),
        json!("x"),
        json!(" x"),
        json!(""),
        json!("1h"),
        json!("87841h"),
        json!("ALTA"),
        json!([]),
        json!(["x"]),
        json!(["y", "y"]),
        json!({}),
        json!({ "x": 1 }),
        json!([{ "nombre": "ALTA" }]),
        json!([{ "nombre": "x" }, { "nombre": "y", "alias": ["X"] }]),
    ];
    for place in &places {
        for other in &others {
            // For an object, serde takes a list too, of its members' values in the order of the type. Nobody writes that.
            if other.is_array() && whole.pointer(place).is_some_and(Value::is_object) {
                continue;
            }
            let mut changed = whole.clone();
            *changed.pointer_mut(place).context("a place")? = other.clone();
            documents.push(changed);
        }
        let mut more = whole.clone();
        if let Some(members) = more.pointer_mut(place).and_then(Value::as_object_mut) {
            members.insert("nada".into(), json!(1));
            documents.push(more);
        }
        if let Some((parent, name)) = place.rsplit_once('/') {
            let mut less = whole.clone();
            if let Some(members) = less.pointer_mut(parent).and_then(Value::as_object_mut) {
                members.remove(&name.replace("~1", "/").replace("~0", "~"));
                documents.push(less);
            }
        }
    }
    let told = |document: Value| {
        // Without rules there are the built-in ones.
        let rules = if document.is_null() { Ok(Rules::default()) } else { Rules::from_json(&document.to_string()) };
        let expected = rules.as_ref().ok().map(|rules| {
            let fields = FIELDS.iter().map(|spec| {
                let rule = rules.field(spec.field);
                json!([spec.name, rule.required, rule.min, rule.max, rules.options(spec.field), spec.label(Locale::Pt), spec.help(Locale::En)])
            });
            json!({ "hash": rules.hash(), "fields": fields.collect::<Vec<_>>(), "label": rules.labels().label(2026, 7).ok().map(|label| label.to_string()) })
        });
        // Where the types are wrong, serde says so in its own words and by line and column.
        let why = match rules {
            Err(RulesError::Value(refused)) => Some(refused.to_string()),
            _ => None,
        };
        json!({ "rules": document, "expected": expected, "why": why })
    };
    Ok(documents.into_iter().map(told).collect())
}

/// Every place of a document, as a JSON pointer.
fn list_places(value: &Value, at: &str, places: &mut Vec<String>) {
    places.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| list_places(item, &format!("{at}/{index}"), places));
        }
        Value::Object(members) => {
            for (name, member) in members {
                list_places(member, &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        _ => {}
    }
}

fn verdict(outcome: Result<NewTicket, Violations>, locale: Locale) -> Value {
    match outcome {
        Ok(ticket) => {
            let normalised = Draft::from(&ticket);
            let values = FIELDS.iter().filter_map(|spec| {
                let value = match normalised.get(spec.field) {
                    ticketing_core::Value::Text(text) => json!(text),
                    ticketing_core::Value::Flag(flag) => json!(flag),
                    _ => return None,
                };
                Some((spec.name.to_owned(), value))
            });
            json!({ "ok": true, "ticket": values.collect::<serde_json::Map<_, _>>() })
        }
        Err(violations) => {
            let issues = violations.render(locale).into_iter().map(|violation| {
                let path: Vec<_> = Some(violation.field).filter(|field| !field.is_empty()).into_iter().collect();
                json!({
                    "path": path, "field": violation.field, "code": violation.code, "params": violation.params,
                    "message": violation.message,
                })
            });
            json!({ "ok": false, "issues": issues.collect::<Vec<_>>() })
        }
    }
}

/// As the server stores it for a ticket of these values.
fn sla(draft: &Draft<'_>, rules: &Rules, now: Option<Timestamp>) -> Value {
    let Some(agreement) = draft.agreement(rules, Origin::Other) else { return Value::Null };
    let due = now.and_then(|now| Sla::start(Some(agreement.clone()), now).read(&rules.calendar(), now)?.due);
    json!({
        "policy": agreement.policy,
        "slaHoras": agreement.resolution.whole_hours(),
        "fechaLimiteSla": due.map(|due| due.seconds().to_string()),
    })
}

/// A form in JSON: members of the table and others, most of them what they should be, in any order.
fn form() -> impl Strategy<Value = String> {
    let members: Vec<_> = FIELDS
        .iter()
        .map(
            |spec| prop_oneof![6 => good(spec.field).boxed(), 3 => hostile().boxed(), 1 => Just(String::new()).boxed()],
        )
        .collect();
    (members, prop::option::weighted(0.1, ("[a-z_]{1,12}", hostile()))).prop_map(|(values, other)| {
        let mut members: Vec<_> = FIELDS
            .iter()
            .zip(values)
            .filter(|(_, value)| !value.is_empty())
            .map(|(spec, value)| format!("{}: {value}", json!(spec.name)))
            .collect();
        if let Some((name, value)) = other.filter(|(name, _)| Field::from_name(name).is_none()) {
            members.insert(members.len() / 2, format!("{}: {value}", json!(name)));
        }
        format!("{{ {} }}", members.join(", "))
    })
}

/// A value in JSON that the field usually has.
fn good(field: Field) -> BoxedStrategy<String> {
    let quoted = |text: String| json!(text).to_string();
    match (field, field.spec().kind) {
        (_, Kind::Email) => {
            select(vec!["ana@example.com", "  josé.pérez@añil.example ", "a@b.co", "ana@example", "ana..b@x.co"])
                .prop_map(|text| json!(text).to_string())
                .boxed()
        }
        (_, Kind::Type) => select(vec!["INCIDENTE", "QUEJA", " CONSULTA\n", "incidente"])
            .prop_map(|text| json!(text).to_string())
            .boxed(),
        (_, Kind::Flag) => select(vec!["true", "false", "null"]).prop_map(str::to_owned).boxed(),
        (Field::Priority, _) => {
            select(vec!["ALTA", "alta", "Crítica", "cri\u{301}tica", "urgente", "BAJA", "mañana", "  MEDIA "])
                .prop_map(|text| json!(text).to_string())
                .boxed()
        }
        (_, Kind::Text { min, max, .. }) => {
            let length = prop_oneof![8 => min.saturating_sub(1)..=min + 30, 1 => max.min(300) - 1..=max.min(300) + 1];
            (length, "[ \u{a0}\u{3000}\u{feff}\u{85}\t]{0,2}", "\\PC{1,4}")
                .prop_map(move |(length, margin, letters)| {
                    let text: String = letters.chars().cycle().take(usize::try_from(length).unwrap_or(0)).collect();
                    quoted(format!("{margin}{text}{margin}"))
                })
                .boxed()
        }
    }
}

/// A value in JSON that nobody expects.
fn hostile() -> BoxedStrategy<String> {
    prop_oneof![
        4 => any::<String>().prop_map(|text| json!(text).to_string()),
        2 => "\\PC{0,40}".prop_map(|text| json!(text).to_string()),
        2 => prop::collection::vec(select(vec![
            r"\ud800", r"\udc00", r"\ud83d\ude00", r"\u0000", r"\u200b", r"\ufeff", r"\u2028", r"\n", r"\t", r"\\", "\\\"", "a", "é", "e\u{301}", " ",
            "\u{202e}", "\u{1F468}\u{200D}\u{1F469}", "ﬃ", "İ", "ß", "\u{85}", "\u{a0}", "\u{1680}",
        ]), 0..24).prop_map(|parts| format!("\"{}\"", parts.concat())),
        1 => (1_usize..1200, select(vec!["x", "ñ", "🦀", " ", "\u{301}"])).prop_map(|(count, text)| json!(text.repeat(count)).to_string()),
        1 => select(vec!["null", "true", "false", "0", "-1.5", "1e400", "[]", "{}", r#"["x"]"#, r#"{"length": 3}"#, "\"\"", "\"   \""])
            .prop_map(str::to_owned),
    ]
    .boxed()
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ ]{0,2}[tT][kK][tT][- _/]{0,2}[0-9]{3,5}[- ]{0,2}[0-9]{0,10}[ ]{0,2}",
        "\\PC{0,16}",
        "[A-Z]{1,11}-[0-9]{4}-[0-9]{1,7}",
    ]
}
