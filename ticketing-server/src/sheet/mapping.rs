use std::collections::BTreeMap;

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;
use csv::StringRecord;
use serde::Deserialize;
use ticketing_core::{
    Arrival, Draft, Locale, Problem, Rules, Status, TicketId, TicketLabel, Timestamp, Value, Violation,
    field::{FIELDS, Kind},
    ticket::ActorId,
};
use uuid::Uuid;

use crate::TakeOver;

/// What a column may be beside the fields of a new ticket.
const FURTHER: [&str; 9] =
    ["id", "label", "estado", "creadoEn", "reabiertoEn", "resueltoEn", "cerradoEn", "agente", "tags"];

/// What the columns of a sheet are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Mapping {
    /// Field → column.
    #[serde(rename = "columnas")]
    columns: BTreeMap<String, String>,
    /// Field → what it is where a row has nothing there.
    #[serde(rename = "fijos")]
    otherwise: BTreeMap<String, String>,
    /// Field → word of the sheet → word of the desk.
    #[serde(rename = "valores")]
    words: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(rename = "formato")]
    format: Format,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Format {
    /// How dates are written, as strftime has it, each tried in turn. ISO 8601 is read without being named.
    #[serde(rename = "fechas")]
    dates: Vec<String>,
    /// Where the clocks stood that dates without an offset are of.
    #[serde(rename = "zona")]
    zone: Option<String>,
    /// What parts tags in their column.
    #[serde(rename = "separadorTags")]
    tag_separator: Option<String>,
    /// Which help desk it was: tickets of two of them may have one id.
    #[serde(rename = "origen")]
    source: Option<String>,
}

/// Why a mapping is none for a sheet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MappingError {
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    #[error("“{0}” is no pair of a column and a field: write Asunto=asunto,Correo=email")]
    Pair(String),
    #[error("“{name}” is no field; the fields are {}", fields().collect::<Vec<_>>().join(", "))]
    Field { name: String },
    #[error("the sheet has no column “{column}” for {field}; it has {}", header.join(", "))]
    Column { field: String, column: String, header: Vec<String> },
    #[error("“{0}” is no time zone")]
    Zone(String),
    #[error("creadoEn needs a column: without it each ticket would be a new one, and its requester be written to")]
    NoDate,
}

/// Something that is wrong with a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Refused {
    pub(crate) field: String,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

impl From<&Violation> for Refused {
    fn from(violation: &Violation) -> Self {
        Self {
            field: violation.field.to_owned(),
            code: violation.problem.code(),
            message: violation.problem.message(Locale::En),
        }
    }
}

fn fields() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|spec| spec.name).chain(FURTHER)
}

impl Mapping {
    /// Of a file.
    pub(crate) fn from_toml(text: &str) -> Result<Self, MappingError> {
        let mapping: Self = toml::from_str(text)?;
        mapping.check()?;
        Ok(mapping)
    }

    /// Of pairs with commas between them, a column and its field each.
    pub(crate) fn from_pairs(text: &str) -> Result<Self, MappingError> {
        let mut mapping = Self::default();
        for pair in text.split(',') {
            let (column, field) = pair.rsplit_once('=').ok_or_else(|| MappingError::Pair(pair.to_owned()))?;
            mapping.columns.insert(field.trim().to_owned(), column.trim().to_owned());
        }
        mapping.check()?;
        Ok(mapping)
    }

    /// Of columns that are called as fields are; others say nothing.
    pub(crate) fn of_names(header: &[String]) -> Self {
        let named = fields().filter(|field| header.iter().any(|name| name == field));
        Self { columns: named.map(|field| (field.to_owned(), field.to_owned())).collect(), ..Self::default() }
    }

    /// With another zone and source than it says, where those are given.
    #[must_use]
    pub(crate) fn with(mut self, zone: Option<String>, source: Option<String>) -> Self {
        self.format.zone = zone.or(self.format.zone);
        self.format.source = source.or(self.format.source);
        self
    }

    fn check(&self) -> Result<(), MappingError> {
        let mut named = self.columns.keys().chain(self.otherwise.keys()).chain(self.words.keys());
        match named.find(|name| fields().all(|field| field != *name)) {
            Some(name) => Err(MappingError::Field { name: name.clone() }),
            None => Ok(()),
        }
    }

    /// Finds its columns in a sheet.
    pub(crate) fn columns(&self, header: &[String]) -> Result<Columns<'_>, MappingError> {
        let mut places = BTreeMap::new();
        for (field, column) in &self.columns {
            let place = header.iter().position(|name| name == column).ok_or_else(|| MappingError::Column {
                field: field.clone(),
                column: column.clone(),
                header: header.to_vec(),
            })?;
            places.insert(field.as_str(), place);
        }
        if !places.contains_key("creadoEn") {
            return Err(MappingError::NoDate);
        }
        let zone = match &self.format.zone {
            Some(name) => name.parse().map_err(|_| MappingError::Zone(name.clone()))?,
            None => Tz::UTC,
        };
        Ok(Columns { mapping: self, places, zone })
    }
}

/// A mapping whose columns were found.
pub(crate) struct Columns<'m> {
    mapping: &'m Mapping,
    places: BTreeMap<&'m str, usize>,
    zone: Tz,
}

/// A row as a ticket.
#[derive(Debug)]
pub(crate) struct Row {
    /// What it is called there.
    pub(crate) external: String,
    pub(crate) take_over: TakeOver,
}

impl Columns<'_> {
    /// The ticket of a row, or all that is wrong with it.
    pub(crate) fn ticket(
        &self,
        row: &StringRecord,
        rules: &Rules,
        agent: impl Fn(&str) -> Option<ActorId>,
        now: Timestamp,
    ) -> Result<Row, Vec<Refused>> {
        let mut wrong: Vec<Violation> = Vec::new();
        let mut draft = Draft::new();
        for field in FIELDS.iter().map(|spec| spec.field) {
            let Some(text) = self.value(row, field.name()) else { continue };
            if matches!(field.spec().kind, Kind::Flag) {
                match flag(&text) {
                    Some(flag) => draft.set(field, Value::Flag(flag)),
                    // Said by the door, as of any other value that is none.
                    None => draft.set(field, Value::Other),
                }
            } else {
                draft.set(field, text);
            }
        }
        let mut date = |field: &'static str| {
            let text = self.value(row, field)?;
            let read = self.instant(&text);
            if read.is_none() {
                wrong.push(Violation { field, problem: Problem::InvalidDate });
            }
            read
        };
        let (created_at, reopened_at) = (date("creadoEn"), date("reabiertoEn"));
        let (resolved_at, closed_at) = (date("resueltoEn"), date("cerradoEn"));
        let is_date_wrong = !wrong.is_empty();
        let status = self.value(row, "estado").and_then(|text| {
            let status = Status::from_input(&text);
            if status.is_none() {
                let allowed = Status::ALL.map(|status| status.name().to_owned()).to_vec();
                wrong.push(Violation { field: "estado", problem: Problem::UnknownValue { allowed: allowed.into() } });
            }
            status
        });
        let assignee = self.value(row, "agente").and_then(|text| {
            let found = agent(&text);
            if found.is_none() {
                wrong.push(Violation { field: "agente", problem: Problem::UnavailableAgent });
            }
            found
        });
        let arrival = Arrival {
            status: status.filter(|status| *status != Status::Open),
            assignee,
            tags: self.tags(row),
            created_at,
            reopened_at,
            resolved_at,
            closed_at,
            ..Arrival::default()
        };
        let checked = draft.validate_arrival(rules, arrival, now);
        if let Err(violations) = &checked {
            // What could not be read is not missing as well, nor out of place.
            let said = |violation: &&Violation| !(is_date_wrong && violation.field.ends_with("En"));
            wrong.extend(violations.iter().filter(said).cloned());
        }
        match checked {
            Ok(ticket) if wrong.is_empty() => {
                let label = self.value(row, "label").and_then(|text| label(&text, rules));
                let external = self.external(row);
                let source = self.mapping.format.source.as_deref().unwrap_or_default();
                Ok(Row { take_over: TakeOver { id: identity(source, &external), label, ticket }, external })
            }
            _ => Err(wrong.iter().map(Refused::from).collect()),
        }
    }

    /// What a row has in a field, in the desk's words; nothing where it is empty.
    fn value(&self, row: &StringRecord, field: &str) -> Option<String> {
        let cell = self.places.get(field).and_then(|place| row.get(*place)).map(str::trim);
        let cell = cell.filter(|cell| !cell.is_empty());
        let meant = cell.and_then(|cell| self.mapping.words.get(field)?.get(cell)).map(String::as_str);
        let meant = meant.or(cell).filter(|text| !text.is_empty());
        meant.or(self.mapping.otherwise.get(field).map(String::as_str)).map(str::to_owned)
    }

    /// What a ticket is called where it comes from: its id, else its label, else all that the row says.
    fn external(&self, row: &StringRecord) -> String {
        let named = self.value(row, "id").or_else(|| self.value(row, "label"));
        named.unwrap_or_else(|| row.iter().collect::<Vec<_>>().join("\u{1f}"))
    }

    fn tags(&self, row: &StringRecord) -> Vec<String> {
        let separator = self.mapping.format.tag_separator.as_deref().unwrap_or(",");
        let mut tags: Vec<String> = Vec::new();
        for tag in self.value(row, "tags").iter().flat_map(|text| text.split(separator)).map(str::trim) {
            if !tag.is_empty() && tags.iter().all(|other| other != tag) {
                tags.push(tag.to_owned());
            }
        }
        tags
    }

    /// An instant as the sheet writes it. In the hour that a clock skips, it is what the clock shows afterwards; in the one that it
    /// shows twice, the first.
    fn instant(&self, text: &str) -> Option<Timestamp> {
        const ISO: [&str; 5] =
            ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"];
        if let Some(instant) = Timestamp::parse(text) {
            return Some(instant);
        }
        let formats = self.mapping.format.dates.iter().map(String::as_str).chain(ISO);
        let with_offset = |format: &str| DateTime::parse_from_str(text, format).ok().map(|at| at.timestamp_millis());
        let local = |format: &str| {
            let date = || NaiveDate::parse_from_str(text, format).ok()?.and_hms_opt(0, 0, 0);
            NaiveDateTime::parse_from_str(text, format).ok().or_else(date)
        };
        let millis = formats.into_iter().find_map(|format| {
            with_offset(format).or_else(|| {
                let local = local(format)?;
                let at = |local: NaiveDateTime| match self.zone.from_local_datetime(&local) {
                    LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => Some(at.timestamp_millis()),
                    LocalResult::None => None,
                };
                at(local).or_else(|| at(local.checked_add_signed(TimeDelta::hours(1))?))
            })
        })?;
        Timestamp::from_unix_millis(millis).ok()
    }
}

/// A label that may be one here: of the desk's own format.
fn label(text: &str, rules: &Rules) -> Option<TicketLabel> {
    rules.labels().parse(text).ok()
}

/// The same each time, and another one for each help desk.
pub(crate) fn identity(source: &str, external: &str) -> TicketId {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"ticketing-server:import");
    TicketId(Uuid::new_v5(&namespace, format!("{source}\n{external}").as_bytes()))
}

fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "sí" | "si" | "s" | "yes" | "y" | "true" | "verdadero" | "1" | "x" | "sim" => Some(true),
        "no" | "n" | "false" | "falso" | "0" | "não" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPPING: &str = r#"
        [columnas]
        id = "Nº"
        email = "Correo"
        nombre = "Solicitante"
        descripcion = "Detalle"
        estado = "Estado"
        creadoEn = "Abierto"
        cerradoEn = "Cerrado"
        prioridad = "Urgencia"
        tieneWhatsapp = "WA"
        [fijos]
        tipo = "SOLICITUD"
        categoria = "Importados"
        prioridad = "MEDIA"
        [valores.estado]
        "Solucionado" = "CERRADO"
        "Nuevo" = ""
        [valores.prioridad]
        "Muy alta" = "urgente"
        [formato]
        fechas = ["%d/%m/%Y %H:%M"]
        zona = "America/Santiago"
        origen = "glpi"
    "#;

    fn row(cells: [&str; 9]) -> Result<Row, Vec<Refused>> {
        let mapping = Mapping::from_toml(MAPPING).unwrap();
        let header = ["Nº", "Correo", "Solicitante", "Detalle", "Estado", "Abierto", "Cerrado", "Urgencia", "WA"];
        let columns = mapping.columns(&header.map(str::to_owned)).unwrap();
        let now = Timestamp::parse("2026-11-30T00:00:00Z").unwrap();
        columns.ticket(&StringRecord::from(cells.to_vec()), &Rules::default(), |_| None, now)
    }

    const GOOD: [&str; 9] = [
        "17",
        " ana@example.com",
        "Ana Pérez",
        "No puedo entrar en el correo",
        "Solucionado",
        "24/03/2021 10:15",
        "2021-03-25",
        "Muy alta",
        "sí",
    ];

    #[test]
    fn a_row_becomes_a_ticket_in_the_desk_s_words() {
        let Row { take_over, external } = row(GOOD).unwrap();
        assert_eq!((external.as_str(), take_over.id, take_over.label), ("17", identity("glpi", "17"), None));
        let arrival = take_over.ticket.arrival();
        assert_eq!(arrival.status, Some(Status::Closed));
        assert_eq!(arrival.created_at, Timestamp::parse("2021-03-24T10:15:00-03:00"));
        assert_eq!(arrival.closed_at, Timestamp::parse("2021-03-25T00:00:00-03:00"));
        assert_eq!(take_over.ticket.attributes().priority.as_deref(), Some("urgente"));
        assert_eq!(take_over.ticket.attributes().ticket_type.as_deref(), Some("SOLICITUD"));
        assert!(take_over.ticket.intake().requester.as_ref().unwrap().has_whatsapp);
        // In the night of 2022-09-11, clocks went from 0 to 1.
        let skipped = row([GOOD[0], GOOD[1], GOOD[2], GOOD[3], "", "11/09/2022 00:30", "", "", ""]).unwrap();
        let arrival = skipped.take_over.ticket.arrival();
        assert_eq!(arrival.created_at, Timestamp::parse("2022-09-11T01:30:00-03:00"));
        assert_eq!(arrival.status, None);
        assert_eq!(skipped.take_over.ticket.attributes().priority.as_deref(), Some("MEDIA"));
        assert_ne!(identity("glpi", "17"), identity("jira", "17"));
    }

    #[test]
    fn all_that_is_wrong_with_a_row_is_said_by_field() {
        let refused =
            row(["18", "ana", "Ana Pérez", "corta", "En el limbo", "03/24/2021 10:15", "", "Muy alta", "quizás"]);
        let mut wrong: Vec<_> = refused.unwrap_err().into_iter().map(|wrong| (wrong.field, wrong.code)).collect();
        wrong.sort();
        let expected = [
            ("creadoEn", "invalid-date"),
            ("descripcion", "too-short"),
            ("email", "invalid-email"),
            ("estado", "unknown-value"),
            ("tieneWhatsapp", "wrong-type"),
        ];
        assert_eq!(wrong, expected.map(|(field, code)| (field.to_owned(), code)));
        let mut early = GOOD;
        early[6] = "2021-03-23";
        assert_eq!(row(early).unwrap_err()[0].code, "out-of-order");
        let mut late = GOOD;
        (late[5], late[6]) = ("24/03/2031 10:15", "");
        assert_eq!(row(late).unwrap_err()[0].code, "in-future");
        let mut missing = GOOD;
        missing[5] = "";
        assert_eq!((row(missing).unwrap_err()[0].field.as_str(),), ("creadoEn",));
    }

    #[test]
    fn what_is_no_mapping_is_said() {
        let error = |text| Mapping::from_pairs(text).unwrap_err().to_string();
        assert!(error("Asunto").contains("“Asunto” is no pair"));
        assert!(error("Asunto=tema").contains("“tema” is no field; the fields are nombre, email"));
        let mapping = Mapping::from_pairs("Correo = email, Fecha=creadoEn").unwrap();
        let header = ["Mail".to_owned(), "Fecha".to_owned()];
        let error = mapping.columns(&header).err().unwrap().to_string();
        assert!(error.contains("no column “Correo” for email; it has Mail, Fecha"), "{error}");
        assert!(matches!(
            Mapping::from_pairs("Correo=email").unwrap().columns(&["Correo".to_owned()]),
            Err(MappingError::NoDate)
        ));
        assert!(Mapping::from_toml("[columnas]\nemail = 3").is_err());
    }
}
