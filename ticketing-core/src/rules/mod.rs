//! What a deployment may choose, as data: field limits, types, priorities, areas, labels, service levels.

mod by_name;
mod canonical;
mod document;
mod walk;

use std::sync::Arc;

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::{
    by_name::ByName,
    document::{AreaRules, FieldRule, Named, PriorityRules, RulesDocument, SlaRules},
    walk::{Walk, WalkError, Walked},
};
use crate::{
    Field, LabelFormat, Timestamp,
    field::{FIELDS, Kind},
    limits::{LABEL_YEAR_MAX, LABEL_YEAR_MIN, RULE_DAYS_MAX},
    sla::{Agreement, Calendar, Predicate},
    text::{TextRule, area_key, priority_key},
    ticket::{Attributes, Origin},
    violation::Problem,
};

/// Checked rules, ready for use. Immutable and cheap to clone; the default is the built-in one.
///
/// ```
/// use ticketing_core::Rules;
///
/// let rules = Rules::default();
/// let again = Rules::from_json(&rules.to_json()).unwrap();
/// assert_eq!(rules.hash(), again.hash());
///
/// let stricter = Rules::from_json(r#"{ "campos": { "asunto": { "requerido": true, "max": 80 } } }"#).unwrap();
/// assert_ne!(rules.hash(), stricter.hash());
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "RulesDocument", into = "RulesDocument")]
pub struct Rules(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    document: RulesDocument,
    hash: RulesHash,
    fields: [FieldRule; Field::COUNT],
    /// Key of every name and alias → index of the priority, in order of the document.
    priority_keys: Vec<(String, usize)>,
    area_keys: Vec<(String, usize)>,
    calendar: Calendar,
}

/// The identity of a version of the rules: `UUIDv5` of their canonical JSON (sorted keys, integers only).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RulesHash(pub Uuid);

impl core::fmt::Display for RulesHash {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// The namespace of [`RulesHash`]: `UUIDv5` of `ticketing-core:rules` in the URL namespace.
const NAMESPACE: Uuid = Uuid::from_u128(0x709a_ed3f_9f81_5cda_8fa1_c981_18b6_e84d);

/// What keeps a document from being rules.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RulesError {
    /// It is no JSON, or a member has a name or type that rules do not have.
    #[error("line {line}, column {column}: {message}")]
    Json {
        /// From 1.
        line: usize,
        /// In octets from 1.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// A member's value is not allowed.
    #[error("{path}: {message}")]
    Value {
        /// Where: member names separated by dots.
        path: String,
        /// What is wrong, and what would be right.
        message: String,
    },
}

impl RulesError {
    fn value(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Value { path: path.into(), message: message.into() }
    }
}

impl Rules {
    /// Checks a document.
    ///
    /// # Errors
    /// [`RulesError::Value`] for the first value that is not allowed.
    pub fn new(mut document: RulesDocument) -> Result<Self, RulesError> {
        let fields = fields(&mut document)?;
        if document.types.is_empty() {
            return Err(RulesError::value("tipos", "at least one type is needed"));
        }
        for (index, name) in document.types.iter().enumerate() {
            check_name(&format!("tipos[{index}]"), name)?;
            if document.types.iter().take(index).any(|other| other == name) {
                return Err(RulesError::value(format!("tipos[{index}]"), format!("“{name}” stands there twice")));
            }
        }
        let priority_keys = keys("prioridades.lista", &document.priorities.list, priority_key)?;
        let area_keys = keys("areas.lista", &document.areas.list, area_key)?;
        check_name("areas.predeterminada", &document.areas.default)?;
        if document.areas.only_known && !area_keys.iter().any(|(key, _)| *key == area_key(&document.areas.default)) {
            return Err(RulesError::value(
                "areas.predeterminada",
                "it must be in areas.lista when soloConocidas is true",
            ));
        }
        check_policies(&document, &priority_keys)?;
        check_zone(&document)?;
        for (path, days) in [("cierreAutomatico", document.auto_close_days), ("reapertura", document.reopen_days)] {
            if days > RULE_DAYS_MAX {
                return Err(RulesError::value(path, format!("at most {RULE_DAYS_MAX} days")));
            }
        }
        let hash = RulesHash(Uuid::new_v5(&NAMESPACE, canonical::json(&document).as_bytes()));
        let calendar = Calendar::around_the_clock(document.zone.clone());
        Ok(Self(Arc::new(Inner { document, hash, fields, priority_keys, area_keys, calendar })))
    }

    /// Reads rules from JSON. Members that are left out have the built-in value; unknown ones are an error.
    ///
    /// # Errors
    /// [`RulesError`], with line and column where the JSON itself is wrong.
    pub fn from_json(json: &str) -> Result<Self, RulesError> {
        let document = serde_json::from_str(json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let full = error.to_string();
            let message = full.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&full).to_owned();
            RulesError::Json { line, column, message }
        })?;
        Self::new(document)
    }

    /// The rules in full as canonical JSON: sorted keys, no white space, every number an integer.
    pub fn to_json(&self) -> String {
        canonical::json(&self.0.document)
    }

    /// The identity of these rules.
    pub fn hash(&self) -> RulesHash {
        self.0.hash
    }

    /// The rules as data.
    pub fn document(&self) -> &RulesDocument {
        &self.0.document
    }

    /// What these rules say of a field.
    pub fn field(&self, field: Field) -> FieldRule {
        self.0.fields.get(field as usize).copied().unwrap_or_default()
    }

    /// Whether a new ticket must have a field.
    pub fn is_required(&self, field: Field) -> bool {
        self.field(field).required.unwrap_or(field.spec().required)
    }

    /// The values of a field that the rules know by name, for a form to offer; none of a field that takes anything.
    pub fn options(&self, field: Field) -> Vec<&str> {
        let list = match field {
            Field::Type => return self.types().iter().map(String::as_str).collect(),
            Field::Priority => &self.0.document.priorities.list,
            Field::Area => &self.0.document.areas.list,
            _ => return Vec::new(),
        };
        list.iter().map(|named| named.name.as_str()).collect()
    }

    /// The rule of a text field's length; of one character where the field is no text.
    pub fn text_rule(&self, field: Field) -> TextRule {
        let FieldRule { min, max, .. } = self.field(field);
        let multiline = matches!(field.spec().kind, Kind::Text { multiline: true, .. });
        TextRule { min: min.unwrap_or(1), max: max.unwrap_or(1), multiline }
    }

    /// The ticket types.
    pub fn types(&self) -> &[String] {
        &self.0.document.types
    }

    /// A known priority's canonical name: `urgente` is `CRITICA`. `None` for an unknown one.
    pub fn known_priority(&self, priority: &str) -> Option<&str> {
        named(&self.0.priority_keys, &self.0.document.priorities.list, &priority_key(priority)).map(canonical_name)
    }

    /// A known area's canonical name: `mesa de ayuda` is `MESA`. `None` for an unknown one.
    pub fn known_area(&self, area: &str) -> Option<&str> {
        named(&self.0.area_keys, &self.0.document.areas.list, &area_key(area)).map(canonical_name)
    }

    /// The key by which areas compare: that of the canonical name where the area is known.
    pub fn area_key(&self, area: &str) -> String {
        let key = area_key(area);
        named(&self.0.area_keys, &self.0.document.areas.list, &key).map_or(key, |named| area_key(&named.name))
    }

    /// The name of an area that the desk is shown: of a known one its first alias where it has one (`MESA` is
    /// `MESA DE AYUDA`), else its canonical name; of an unknown one what was stored. Source: the Mesa de Ayuda contract.
    pub fn desk_area<'a>(&'a self, area: &'a str) -> &'a str {
        let known = named(&self.0.area_keys, &self.0.document.areas.list, &area_key(area));
        known.map_or(area, |named| named.aliases.first().unwrap_or(&named.name))
    }

    /// The keys of everything that is the same area: of its name and its aliases, or its own where it is unknown.
    pub fn area_keys(&self, area: &str) -> Vec<String> {
        let key = area_key(area);
        match named(&self.0.area_keys, &self.0.document.areas.list, &key) {
            Some(named) => named.names().map(area_key).collect(),
            None => vec![key],
        }
    }

    /// The keys of everything that is the same priority: of its name and its aliases, or its own where it is unknown.
    pub fn priority_keys(&self, priority: &str) -> Vec<String> {
        let key = priority_key(priority);
        match named(&self.0.priority_keys, &self.0.document.priorities.list, &key) {
            Some(named) => named.names().map(priority_key).collect(),
            None => vec![key],
        }
    }

    /// The key by which priorities compare: that of the canonical name where the priority is known.
    pub fn priority_key(&self, priority: &str) -> String {
        self.known_priority(priority).map_or_else(|| priority_key(priority), priority_key)
    }

    /// Says whether these rules take a priority.
    ///
    /// # Errors
    /// `unknown-value`, where only known ones are taken.
    pub fn check_priority(&self, priority: &str) -> Result<(), Problem> {
        let rules = &self.0.document.priorities;
        if rules.only_known && self.known_priority(priority).is_none() { Err(unknown(&rules.list)) } else { Ok(()) }
    }

    /// Says whether these rules take an area.
    ///
    /// # Errors
    /// `unknown-value`, where only known ones are taken.
    pub fn check_area(&self, area: &str) -> Result<(), Problem> {
        let rules = &self.0.document.areas;
        if rules.only_known && self.known_area(area).is_none() { Err(unknown(&rules.list)) } else { Ok(()) }
    }

    /// The label format.
    pub fn labels(&self) -> &LabelFormat {
        &self.0.document.label
    }

    /// The year in whose series a ticket recorded at an instant gets its number, in the deployment's time zone.
    pub fn label_year(&self, recorded_at: Timestamp) -> u16 {
        let year = self.0.document.zone.local_year(recorded_at);
        u16::try_from(year).unwrap_or(LABEL_YEAR_MIN).clamp(LABEL_YEAR_MIN, LABEL_YEAR_MAX)
    }

    /// How long a ticket stays resolved before it closes by itself; `None`: as long as nobody closes it.
    pub fn closes_after(&self) -> Option<TimeDelta> {
        let days = self.0.document.auto_close_days;
        (days > 0).then(|| TimeDelta::days(days.into()))
    }

    /// The instant up to which tickets must have been resolved to close by themselves now; `None`: none does.
    pub fn resolved_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.closes_after().and_then(|after| now.checked_add(-after))
    }

    /// What a ticket of these attributes is promised; `None`: nothing.
    pub fn agreement(&self, attributes: &Attributes, origin: Origin) -> Option<Agreement> {
        let policies = &self.0.document.sla.policies;
        let policy = policies.iter().find(|policy| self.matches(&policy.when, attributes, origin))?;
        let target = policy.resolution.as_ref()?;
        let priority = attributes.priority.as_deref().map(|priority| self.priority_key(priority));
        let named = priority.and_then(|priority| {
            target.by_priority.iter().find(|(name, _)| priority_key(name) == priority).map(|(_, budget)| *budget)
        });
        let resolution = named.or(target.otherwise)?;
        Some(Agreement { policy: policy.id, resolution })
    }

    /// The calendar that deadlines are counted in.
    pub fn calendar(&self) -> &Calendar {
        &self.0.calendar
    }

    fn matches(&self, when: &Predicate, attributes: &Attributes, origin: Origin) -> bool {
        let any = |list: &[String], same: &dyn Fn(&String) -> bool| list.is_empty() || list.iter().any(same);
        let priority = |name: &str| self.priority_key(name);
        any(&when.types, &|name| attributes.ticket_type.as_ref() == Some(name))
            && any(&when.priorities, &|name| attributes.priority.as_deref().map(priority) == Some(priority(name)))
            && any(&when.categories, &|name| {
                attributes.category.as_deref().map(priority_key) == Some(priority_key(name))
            })
            && any(&when.areas, &|name| self.area_key(&attributes.area) == self.area_key(name))
            && any(&when.origins, &|name| origin.name() == name)
    }
}

impl Default for Rules {
    fn default() -> Self {
        // The built-in document is checked by a test; were it ever wrong, every field would still have its own limits.
        Self::new(RulesDocument::default()).unwrap_or_else(|_| {
            let fields = [FieldRule::default(); Field::COUNT];
            let hash = RulesHash(Uuid::nil());
            let document = RulesDocument::default();
            let (priority_keys, area_keys, calendar) = (vec![], vec![], Calendar::default());
            Self(Arc::new(Inner { document, hash, fields, priority_keys, area_keys, calendar }))
        })
    }
}

impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.0.document == other.0.document
    }
}

impl Eq for Rules {}

impl TryFrom<RulesDocument> for Rules {
    type Error = RulesError;

    fn try_from(document: RulesDocument) -> Result<Self, RulesError> {
        Self::new(document)
    }
}

impl From<Rules> for RulesDocument {
    fn from(rules: Rules) -> Self {
        rules.0.document.clone()
    }
}

fn unknown(list: &[Named]) -> Problem {
    Problem::UnknownValue { allowed: list.iter().map(|named| named.name.clone()).collect() }
}

fn named<'a>(keys: &[(String, usize)], list: &'a [Named], key: &str) -> Option<&'a Named> {
    let (_, index) = keys.iter().find(|(known, _)| known == key)?;
    list.get(*index)
}

fn canonical_name(named: &Named) -> &str {
    &named.name
}

/// Fills in what the document leaves out, in the document too, so that its JSON says everything.
fn fields(document: &mut RulesDocument) -> Result<[FieldRule; Field::COUNT], RulesError> {
    if let Some(unknown) = document.fields.iter().map(|(name, _)| name).find(|name| Field::from_name(name).is_none()) {
        let known: Vec<_> = FIELDS.iter().map(|spec| spec.name).collect();
        return Err(RulesError::value(
            format!("campos.{unknown}"),
            format!("there is no such field; the fields are {}", known.join(", ")),
        ));
    }
    let mut rules = [FieldRule::default(); Field::COUNT];
    for (spec, rule) in FIELDS.iter().zip(&mut rules) {
        let path = format!("campos.{}", spec.name);
        let chosen = document.fields.get(spec.name).copied().unwrap_or_default();
        rule.required = Some(chosen.required.unwrap_or(spec.required));
        if spec.required && chosen.required == Some(false) {
            return Err(RulesError::value(format!("{path}.requerido"), "a ticket cannot do without this field"));
        }
        if spec.kind == Kind::Flag && chosen.required == Some(true) {
            return Err(RulesError::value(format!("{path}.requerido"), "a yes or no that is not given is a no"));
        }
        if let Kind::Text { min, max, ceiling, .. } = spec.kind {
            let (min, max) = (chosen.min.unwrap_or(min), chosen.max.unwrap_or(max));
            if min < 1 {
                return Err(RulesError::value(format!("{path}.min"), "at least 1"));
            }
            if max > ceiling {
                return Err(RulesError::value(format!("{path}.max"), format!("at most {ceiling}")));
            }
            if min > max {
                return Err(RulesError::value(format!("{path}.min"), format!("at most its max, {max}")));
            }
            rule.min = Some(min);
            rule.max = Some(max);
        } else if chosen.min.is_some() || chosen.max.is_some() {
            return Err(RulesError::value(path, "min and max are for texts; the length of this field is fixed"));
        }
        document.fields.insert(spec.name.to_owned(), *rule);
    }
    Ok(rules)
}

/// A name as a ticket would carry it: trimmed, no control characters, 1 to 100 characters.
fn check_name(path: &str, name: &str) -> Result<(), RulesError> {
    if name.trim() != name || TextRule::line(1, 100).check(name).is_err() {
        return Err(RulesError::value(
            path,
            "a name has 1 to 100 characters, none of them a control character, and no space at its ends",
        ));
    }
    Ok(())
}

fn keys(path: &str, list: &[Named], key_of: fn(&str) -> String) -> Result<Vec<(String, usize)>, RulesError> {
    let mut keys: Vec<(String, usize)> = Vec::new();
    for (index, named) in list.iter().enumerate() {
        for name in core::iter::once(&named.name).chain(&named.aliases) {
            let path = format!("{path}[{index}]");
            check_name(&path, name)?;
            let key = key_of(name);
            if keys.iter().any(|(known, _)| *known == key) {
                return Err(RulesError::value(path, format!("“{name}” already names another, or itself")));
            }
            keys.push((key, index));
        }
    }
    Ok(keys)
}

fn check_policies(document: &RulesDocument, priority_keys: &[(String, usize)]) -> Result<(), RulesError> {
    let policies = &document.sla.policies;
    for (index, policy) in policies.iter().enumerate() {
        let path = format!("sla.politicas[{index}]");
        if !(1..=i32::MAX.unsigned_abs()).contains(&policy.id) {
            return Err(RulesError::value(format!("{path}.id"), "an id lies between 1 and 2147483647"));
        }
        if policies.iter().take(index).any(|other| other.id == policy.id) {
            return Err(RulesError::value(format!("{path}.id"), format!("policy {} stands there twice", policy.id)));
        }
        check_name(&format!("{path}.nombre"), &policy.name)?;
        if let Some(unknown) = policy.when.types.iter().find(|name| !document.types.contains(name)) {
            return Err(RulesError::value(format!("{path}.cuando.tipo"), format!("“{unknown}” is not in tipos")));
        }
        if let Some(unknown) = policy.when.origins.iter().find(|name| Origin::from_name(name).is_none()) {
            let known: Vec<_> = Origin::ALL.iter().map(|origin| origin.name()).collect();
            let message = format!("“{unknown}” is no origin; the origins are {}", known.join(", "));
            return Err(RulesError::value(format!("{path}.cuando.origen"), message));
        }
        let named = policy.resolution.iter().flat_map(|target| target.by_priority.iter().map(|(name, _)| name));
        for name in named {
            let key = priority_key(name);
            let alias_of = priority_keys
                .iter()
                .find(|(known, _)| *known == key)
                .and_then(|(_, index)| document.priorities.list.get(*index));
            if let Some(canonical) = alias_of.filter(|canonical| priority_key(&canonical.name) != key) {
                let message = format!("“{name}” is an alias; write “{}”", canonical.name);
                return Err(RulesError::value(format!("{path}.resolucion.porPrioridad"), message));
            }
        }
    }
    Ok(())
}

fn check_zone(document: &RulesDocument) -> Result<(), RulesError> {
    const DAY_SECONDS: i32 = 86_400;
    let zone = &document.zone;
    check_name("zona.nombre", &zone.name)?;
    let mut offsets = core::iter::once(zone.offset_seconds).chain(zone.transitions.iter().map(|t| t.offset_seconds));
    if offsets.any(|offset| offset.abs() >= DAY_SECONDS) {
        return Err(RulesError::value("zona", "an offset from UTC is less than a day"));
    }
    if !zone.transitions.is_sorted_by(|a, b| a.at_unix_seconds < b.at_unix_seconds) {
        return Err(RulesError::value("zona.transiciones", "transitions stand oldest first, no two at one instant"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(priority: &str) -> Attributes {
        Attributes { priority: Some(priority.into()), area: "MESA".into(), ..Attributes::default() }
    }

    fn hours(rules: &Rules, priority: &str) -> Option<f64> {
        rules.agreement(&attributes(priority), Origin::Other).map(|agreement| agreement.resolution.hours())
    }

    #[track_caller]
    fn refused(json: &str, error: &str) {
        assert_eq!(Rules::from_json(json).unwrap_err().to_string(), error);
    }

    #[test]
    fn the_default_is_valid_and_survives_json() {
        let rules = Rules::new(RulesDocument::default()).unwrap();
        assert_eq!(rules, Rules::default());
        assert_eq!(Rules::from_json(&rules.to_json()).unwrap(), rules);
        assert_eq!(Rules::from_json("{}").unwrap().hash(), rules.hash());
        insta::assert_snapshot!(format!("{}\n{}", rules.hash(), rules.to_json()));
    }

    #[test]
    fn the_namespace_is_what_its_comment_says() {
        assert_eq!(Uuid::new_v5(&Uuid::NAMESPACE_URL, b"ticketing-core:rules"), NAMESPACE);
    }

    /// Source: the seed (ALTA is 4 hours) and the Mesa de Ayuda contract (aliases; an unknown one gets the default hours).
    #[test]
    fn hours_go_by_priority_without_case_and_accents() {
        let rules = Rules::default();
        for (priority, expected) in [
            ("ALTA", 4.0),
            ("alta", 4.0),
            ("CRITICA", 2.0),
            ("Crítica", 2.0),
            ("urgente", 2.0),
            ("MEDIA", 24.0),
            ("baja", 72.0),
            ("algún día", 24.0),
        ] {
            assert_eq!(hours(&rules, priority), Some(expected), "{priority}");
        }
        let none = Attributes { area: "MESA".into(), ..Attributes::default() };
        assert_eq!(rules.agreement(&none, Origin::Other).map(|agreement| agreement.resolution.minutes()), Some(1440));
    }

    #[test]
    fn the_first_policy_that_matches_wins_and_may_promise_nothing() {
        let rules = Rules::from_json(
            r#"{ "sla": { "politicas": [
                { "id": 7, "nombre": "Sugerencias", "cuando": { "tipo": ["SUGERENCIA"] } },
                { "id": 2, "nombre": "Redes urgente", "cuando": { "area": ["redes"], "prioridad": ["urgente"] },
                  "resolucion": { "otras": "90m" } },
                { "id": 1, "nombre": "Resto", "resolucion": { "porPrioridad": { "Alta": "4h" } } } ] } }"#,
        )
        .unwrap();
        let of = |ticket_type: &str, priority: &str, area: &str| {
            let attributes =
                Attributes { ticket_type: Some(ticket_type.into()), area: area.into(), ..attributes(priority) };
            rules.agreement(&attributes, Origin::Other).map(|a| (a.policy, a.resolution.minutes()))
        };
        assert_eq!(of("SUGERENCIA", "ALTA", "MESA"), None);
        assert_eq!(of("QUEJA", "Crítica", " Redes"), Some((2, 90)));
        assert_eq!(of("QUEJA", "ALTA", "REDES"), Some((1, 240)));
        assert_eq!(of("QUEJA", "BAJA", "REDES"), None);
    }

    #[test]
    fn areas_compare_by_key_and_alias() {
        let rules = Rules::default();
        assert_eq!(rules.area_key("mesa de  ayuda"), "MESA");
        assert_eq!(rules.area_key("Soporte técnico "), "SOPORTE TÉCNICO");
        assert_eq!(rules.known_area("Mesa"), Some("MESA"));
        assert_eq!(rules.known_area("Cocina"), None);
    }

    #[test]
    fn the_year_of_a_label_is_local() {
        let rules =
            Rules::from_json(r#"{ "zona": { "nombre": "America/Bogota", "desfaseSegundos": -18000 } }"#).unwrap();
        assert_eq!(rules.label_year(Timestamp::parse("2027-01-01T04:59:59Z").unwrap()), 2026);
        assert_eq!(rules.label_year(Timestamp::parse("2027-01-01T05:00:00Z").unwrap()), 2027);
        assert_eq!(Rules::default().label_year(Timestamp::MIN), LABEL_YEAR_MIN);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        refused(
            "{\n  \"camposs\": {}\n}",
            "line 2, column 11: unknown field `camposs`, expected one of `campos`, `tipos`, `prioridades`, `areas`, `etiqueta`, `sla`, `cierreAutomatico`, `reapertura`, `zona`",
        );
        refused(r#"{"campos": {"asunto": {"max": 1001}}}"#, "campos.asunto.max: at most 1000");
        refused(r#"{"campos": {"asunto": {"min": 9, "max": 8}}}"#, "campos.asunto.min: at most its max, 8");
        refused(
            r#"{"campos": {"nombre": {"requerido": false}}}"#,
            "campos.nombre.requerido: a ticket cannot do without this field",
        );
        refused(
            r#"{"campos": {"email": {"max": 8}}}"#,
            "campos.email: min and max are for texts; the length of this field is fixed",
        );
        refused(r#"{"tipos": []}"#, "tipos: at least one type is needed");
        refused(r#"{"reapertura": 4000}"#, "reapertura: at most 3660 days");
        refused(
            r#"{"areas": {"lista": [{"nombre": "A"}, {"nombre": "B", "alias": ["a"]}]}}"#,
            "areas.lista[1]: “a” already names another, or itself",
        );
        refused(
            r#"{"sla": {"politicas": [{"id": 0, "nombre": "x"}]}}"#,
            "sla.politicas[0].id: an id lies between 1 and 2147483647",
        );
        refused(
            r#"{"sla": {"politicas": [{"id": 1, "nombre": "x", "resolucion": {"porPrioridad": {"urgente": "1h"}}}]}}"#,
            "sla.politicas[0].resolucion.porPrioridad: “urgente” is an alias; write “CRITICA”",
        );
        refused(
            r#"{"sla": {"politicas": [{"id": 1, "nombre": "x", "resolucion": {"otras": "1d"}}]}}"#,
            "line 1, column 77: “1d” is no budget: write hours or minutes, such as \"4h\" or \"90m\", from 1m to 87840h",
        );
    }
}
