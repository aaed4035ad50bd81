use serde::{Deserialize, Serialize};

use super::{ByName, CalendarRules, RulesError};
use crate::{
    LabelFormat, Zone,
    field::{FieldSpec, Kind},
    sla::{Policy, Target},
};

/// Rules as they stand in a file or on the wire. What is left out has its built-in value.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RulesDocument {
    /// What the deployment changes of the fields' own limits, by their names.
    #[serde(rename = "campos")]
    pub fields: ByName<FieldRule>,
    /// The ticket types, exactly as they are written.
    #[serde(rename = "tipos")]
    pub types: Vec<String>,
    /// The priorities.
    #[serde(rename = "prioridades")]
    pub priorities: PriorityRules,
    /// The areas.
    pub areas: AreaRules,
    /// How labels are written.
    #[serde(rename = "etiqueta")]
    pub label: LabelFormat,
    /// Service levels.
    pub sla: SlaRules,
    /// Days of 24 hours after which a resolved ticket closes by itself; 0: never.
    #[serde(rename = "cierreAutomatico")]
    pub auto_close_days: u32,
    /// Days of 24 hours within which a requester's comment re-opens a resolved ticket; 0: never.
    #[serde(rename = "reapertura")]
    pub reopen_days: u32,
    /// The name of the deployment's time zone: whose year a label carries.
    #[serde(rename = "zona")]
    pub zone: String,
    /// The tables of all zones that are named but UTC. Whoever has a tz database fills in what is missing.
    #[serde(rename = "zonas")]
    pub zones: Vec<Zone>,
    /// When desks work.
    #[serde(rename = "calendarios")]
    pub calendars: ByName<CalendarRules>,
    /// The name of the calendar in which working time is counted where no target says otherwise; none: around the clock.
    #[serde(rename = "calendario")]
    pub calendar: Option<String>,
    /// Months of the calendar after which a ticket that is over loses all that it says of anybody; none: never.
    #[serde(rename = "anonimizacion", skip_serializing_if = "Option::is_none")]
    pub anonymise_months: Option<u32>,
}

impl RulesDocument {
    /// Reads a document from JSON. Members that are left out have the built-in value; unknown ones are an error.
    ///
    /// # Errors
    /// [`RulesError::Json`].
    pub fn from_json(json: &str) -> Result<Self, RulesError> {
        serde_json::from_str(json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            let full = error.to_string();
            let message = full.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&full).to_owned();
            RulesError::Json { line, column, message }
        })
    }

    /// What the document says of a field, and its own rule where it says nothing.
    pub(super) fn field(&self, spec: &FieldSpec) -> FieldRule {
        let FieldRule { required, min, max } = self.fields.get(spec.name).copied().unwrap_or_default();
        let (own_min, own_max) = match spec.kind {
            Kind::Text { min, max, .. } => (Some(min), Some(max)),
            _ => (None, None),
        };
        FieldRule { required: required.or(Some(spec.required)), min: min.or(own_min), max: max.or(own_max) }
    }

    /// The table of a zone.
    pub(super) fn table(&self, name: &str) -> Option<&Zone> {
        self.zones.iter().find(|zone| zone.name == name)
    }

    /// The names of zones that have no table yet, each once.
    pub fn zones_without_table(&self) -> Vec<&str> {
        let of_calendars = self.calendars.iter().filter_map(|(_, calendar)| calendar.zone.as_deref());
        let mut names: Vec<&str> = core::iter::once(self.zone.as_str()).chain(of_calendars).collect();
        names.retain(|name| *name != Zone::UTC && !self.zones.iter().any(|zone| zone.name == *name));
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// What a deployment says of a field; what it leaves out is the field table's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FieldRule {
    /// It must be given.
    #[serde(rename = "requerido", skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Fewest characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// Most characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
}

/// A name, and other names for the same.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The canonical name.
    #[serde(rename = "nombre")]
    pub name: String,
    /// Other names for it.
    #[serde(rename = "alias", default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
}

impl Named {
    /// The canonical name, then the others.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        core::iter::once(&self.name).chain(&self.aliases).map(String::as_str)
    }
}

/// The priorities that are known, most urgent first.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PriorityRules {
    /// Compared without case and accents.
    #[serde(rename = "lista")]
    pub list: Vec<Named>,
    /// Refuse every other one.
    #[serde(rename = "soloConocidas")]
    pub only_known: bool,
}

/// The areas that are known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AreaRules {
    /// Compared by key: upper case, white space trimmed and collapsed. An area's first alias is its name in what the desk is
    /// shown.
    #[serde(rename = "lista")]
    pub list: Vec<Named>,
    /// The area of a ticket that names none.
    #[serde(rename = "predeterminada")]
    pub default: String,
    /// Refuse every other one.
    #[serde(rename = "soloConocidas")]
    pub only_known: bool,
}

/// Service levels.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SlaRules {
    /// In order: the first that matches a ticket wins.
    #[serde(rename = "politicas")]
    pub policies: Vec<Policy>,
}

/// The built-in rules. Source: the seed and the Mesa de Ayuda contract.
impl Default for RulesDocument {
    fn default() -> Self {
        let types = ["PETICION", "QUEJA", "RECLAMO", "SUGERENCIA", "INCIDENTE", "SOLICITUD", "CONSULTA"];
        Self {
            fields: ByName::new(),
            types: types.map(String::from).to_vec(),
            priorities: PriorityRules::default(),
            areas: AreaRules::default(),
            label: LabelFormat::default(),
            sla: SlaRules::default(),
            auto_close_days: 7,
            reopen_days: 14,
            zone: Zone::UTC.to_owned(),
            zones: Vec::new(),
            calendars: ByName::new(),
            calendar: None,
            anonymise_months: None,
        }
    }
}

fn names<const N: usize>(list: [(&str, &[&str]); N]) -> Vec<Named> {
    let named = |(name, aliases): (&str, &[&str])| Named {
        name: name.to_owned(),
        aliases: aliases.iter().copied().map(String::from).collect(),
    };
    list.map(named).to_vec()
}

impl Default for PriorityRules {
    fn default() -> Self {
        let list = names([("CRITICA", &["URGENTE"]), ("ALTA", &[]), ("MEDIA", &[]), ("BAJA", &[])]);
        Self { list, only_known: false }
    }
}

impl Default for AreaRules {
    fn default() -> Self {
        let list = names([
            ("MESA", &["MESA DE AYUDA"]),
            ("SISTEMAS", &[]),
            ("SOPORTE TÉCNICO", &[]),
            ("REDES", &[]),
            ("INFRAESTRUCTURA", &[]),
            ("DESARROLLO", &[]),
        ]);
        Self { list, default: "MESA".to_owned(), only_known: false }
    }
}

impl Default for SlaRules {
    fn default() -> Self {
        let budgets = [("CRITICA", "2h"), ("ALTA", "4h"), ("MEDIA", "24h"), ("BAJA", "72h")];
        let by_priority =
            budgets.into_iter().filter_map(|(name, budget)| Some((name.to_owned(), budget.parse().ok()?)));
        let resolution = Target {
            by_priority: by_priority.collect(),
            otherwise: "24h".parse().ok(),
            at_risk: vec![80],
            ..Target::default()
        };
        let policy = Policy { resolution: Some(resolution), ..Policy::new(1, "Estándar") };
        Self { policies: vec![policy] }
    }
}
