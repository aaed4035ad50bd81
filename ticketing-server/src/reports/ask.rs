use chrono::{DateTime, Datelike, Days, NaiveDate};
use ticketing_core::{
    Locale, Rules, Timestamp, Zone,
    report::{Dimension, MEASURES, Measure, Period, QueryError, Report},
    ticket::Scope,
};

use super::{Dialect, words::Parameters};
use crate::{ReportAsk, zones};

/// Most figures of an answer. One that has them all is some ten megabytes.
pub(crate) const FIGURES_MAX: usize = 250_000;

/// The values of a parameter as they were given, in order.
pub(crate) type Given<'a> = dyn Fn(&str) -> Vec<String> + 'a;

/// What is asked for, of what was given as text.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) ask: ReportAsk,
    /// In the order of the table.
    pub(crate) measures: Vec<Measure>,
    /// What figures are explained in.
    pub(crate) locale: Locale,
    /// `None`: nobody has said.
    pub(crate) format: Option<Format>,
    /// In whose words.
    pub(crate) dialect: Dialect,
}

/// As what a report is to be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Json,
    Csv,
}

/// A parameter that makes no sense, and what would, in each language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unclear {
    pub(crate) name: &'static str,
    pub(crate) wanted: [&'static str; 3],
}

impl Asked {
    /// Reads what is given. What nobody has said is said here: all figures of the last days, or whatever the periods are.
    pub(crate) fn read(
        given: &Given<'_>,
        dialect: Dialect,
        locale: Locale,
        now: Timestamp,
        rules: &Rules,
    ) -> Result<Self, Unclear> {
        let reader = Reader { given, dialect, names: dialect.parameters() };
        let zone = reader.zone(rules)?;
        let period = reader.one_of(reader.names.period, Period::ALL, |period| dialect.period(period), PERIODS)?;
        let period = period.unwrap_or(Period::Day);
        let by = reader.one_of(reader.names.by, Dimension::ALL, |by| dialect.dimension(by), DIMENSIONS)?;
        let until = reader.until(&zone, now)?;
        let from = reader.from(&zone, period, until)?;
        let areas = reader.texts(reader.names.area)?;
        let values = reader.values(by)?;
        let measures = reader.measures()?;
        let locale = reader.one_of(reader.names.language, Locale::ALL, Locale::code, LANGUAGES)?.unwrap_or(locale);
        let format = reader.one_of(reader.names.format, Format::ALL, Format::name, FORMATS)?;
        let ask = ReportAsk { from, until, zone, period, by, areas, values };
        // Whose tickets it is of makes no other periods.
        ask.clone().query(Scope::Everything, now).spans().map_err(|error| refused(error, dialect))?;
        Ok(Self { ask, measures, locale, format, dialect })
    }

    /// Refuses an answer with more figures than anybody reads.
    pub(crate) fn check(&self, report: &Report) -> Result<(), Unclear> {
        // Beside the periods' those of all periods, and of the time before.
        let columns = report.spans.len().saturating_add(2).saturating_mul(self.measures.len());
        if columns.saturating_mul(report.rows.len().saturating_add(1)) <= FIGURES_MAX {
            return Ok(());
        }
        let wanted = [
            "menos medidas, periodos o valores: son más de 250.000 cifras",
            "fewer measures, periods or values: there are more than 250,000 figures",
            "menos medidas, períodos ou valores: são mais de 250.000 números",
        ];
        Err(Unclear { name: self.dialect.parameters().measures, wanted })
    }
}

/// Why there is no such report, as a parameter that makes no sense.
pub(crate) fn refused(error: QueryError, dialect: Dialect) -> Unclear {
    let names = dialect.parameters();
    match error {
        QueryError::Empty => Unclear {
            name: names.until,
            wanted: ["un momento posterior al comienzo", "later than the beginning", "um momento posterior ao começo"],
        },
        QueryError::TooManyPeriods => Unclear {
            name: names.period,
            wanted: [
                "uno más largo: un reporte tiene hasta 8.784 periodos",
                "a longer one: a report has at most 8,784 periods",
                "um mais longo: um relatório tem até 8.784 períodos",
            ],
        },
        QueryError::TooLarge => Unclear {
            name: names.period,
            wanted: [
                "uno más largo, o menos valores: son más de 50.000 filas por periodo",
                "a longer one, or fewer values: there are more than 50,000 rows times periods",
                "um mais longo, ou menos valores: são mais de 50.000 linhas por período",
            ],
        },
    }
}

impl Format {
    const ALL: [Self; 2] = [Self::Json, Self::Csv];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

/// What would be right, by dialect.
#[derive(Clone, Copy)]
struct Wanted {
    desk: [&'static str; 3],
    integration: [&'static str; 3],
    command_line: [&'static str; 3],
}

impl Wanted {
    const fn of(self, dialect: Dialect) -> [&'static str; 3] {
        match dialect {
            Dialect::Desk => self.desk,
            Dialect::Integration => self.integration,
            Dialect::CommandLine => self.command_line,
        }
    }
}

/// The same in each language.
const fn list(desk: &'static str, integration: &'static str, command_line: &'static str) -> Wanted {
    Wanted { desk: [desk; 3], integration: [integration; 3], command_line: [command_line; 3] }
}

const PERIODS: Wanted = list(
    "hora, dia, semana, mes, trimestre, anio",
    "hour, day, week, month, quarter, year",
    "hour, day, week, month, quarter, year",
);
const DIMENSIONS: Wanted = list(
    "area, tipo, prioridad, categoria, agente, origen",
    "team, requestType, urgency, category, owner, origin",
    "area, type, priority, category, agent, origin",
);
const LANGUAGES: Wanted = list("es, en, pt", "es, en, pt", "es, en, pt");
const FORMATS: Wanted = list("json, csv", "json, csv", "json, csv");
const SWITCH: Wanted = list("si, no", "true, false", "true, false");

struct Reader<'a> {
    given: &'a Given<'a>,
    dialect: Dialect,
    names: &'static Parameters,
}

impl Reader<'_> {
    /// What is empty is as good as absent in the desk's dialect: so a form sends what nobody has chosen.
    fn all(&self, name: &str) -> Vec<String> {
        let mut values: Vec<_> = (self.given)(name).iter().map(|value| value.trim().to_owned()).collect();
        if self.dialect == Dialect::Desk {
            values.retain(|value| !value.is_empty());
        }
        values
    }

    fn first(&self, name: &str) -> Option<String> {
        self.all(name).into_iter().next()
    }

    /// One of those that have a name.
    fn one_of<T: Copy>(
        &self,
        parameter: &'static str,
        all: impl IntoIterator<Item = T>,
        name: impl Fn(T) -> &'static str,
        wanted: Wanted,
    ) -> Result<Option<T>, Unclear> {
        let Some(text) = self.first(parameter) else { return Ok(None) };
        let found = all.into_iter().find(|one| name(*one) == text);
        found.map(Some).ok_or(Unclear { name: parameter, wanted: wanted.of(self.dialect) })
    }

    fn zone(&self, rules: &Rules) -> Result<Zone, Unclear> {
        let Some(name) = self.first(self.names.zone) else { return Ok(rules.zone().clone()) };
        if name == rules.zone().name {
            return Ok(rules.zone().clone());
        }
        let wanted = [
            "un nombre IANA, como America/Bogota",
            "an IANA name, such as America/Bogota",
            "um nome IANA, como America/Sao_Paulo",
        ];
        zones::compiled(&name).map_err(|_| Unclear { name: self.names.zone, wanted })
    }

    /// A day is meant to its end.
    fn until(&self, zone: &Zone, now: Timestamp) -> Result<Timestamp, Unclear> {
        let Some(text) = self.first(self.names.until) else {
            let today = day_of(now, zone);
            return Ok(zone.midnight(today.checked_add_days(Days::new(1)).unwrap_or(today)));
        };
        let day = day(&text).and_then(|day| day.checked_add_days(Days::new(1)));
        let instant = day.map(|next| zone.midnight(next)).or_else(|| Timestamp::parse(&text));
        instant.ok_or_else(|| unclear(self.names.until, &text, DAY_OR_INSTANT))
    }

    fn from(&self, zone: &Zone, period: Period, until: Timestamp) -> Result<Timestamp, Unclear> {
        let Some(text) = self.first(self.names.from) else { return Ok(period.last(as_many(period), until, zone)) };
        let day = day(&text).map(|day| zone.midnight(day));
        let instant = day.or_else(|| Timestamp::parse(&text));
        if self.dialect == Dialect::CommandLine {
            let ago = || ago(&text).map(|(period, count)| period.last(count, until, zone));
            let wanted = [
                "una fecha, AAAA-MM-DD, un instante, o cuánto hace: 30d, 12m",
                "a date, YYYY-MM-DD, an instant, or how long ago: 24h, 30d, 13w, 12m, 8q, 5y",
                "uma data, AAAA-MM-DD, um instante, ou há quanto tempo: 30d, 12m",
            ];
            return instant.or_else(ago).ok_or_else(|| unclear(self.names.from, &text, wanted));
        }
        instant.ok_or_else(|| unclear(self.names.from, &text, DAY_OR_INSTANT))
    }

    fn texts(&self, name: &'static str) -> Result<Vec<String>, Unclear> {
        let texts = self.all(name);
        if texts.iter().any(String::is_empty) {
            return Err(Unclear { name, wanted: ["un nombre", "a name", "um nome"] });
        }
        Ok(texts)
    }

    fn values(&self, by: Option<Dimension>) -> Result<Vec<String>, Unclear> {
        let mut values = self.texts(self.names.value)?;
        let [yes, no] = self.dialect.yes_and_no();
        let with_none = self.one_of(self.names.none, [true, false], |with| if with { yes } else { no }, SWITCH)?;
        if with_none == Some(true) {
            values.push(String::new());
        }
        let needs_by = |name| {
            let of = Wanted {
                desk: ["necesita por", "it needs por", "precisa de por"],
                integration: ["necesita by", "it needs by", "precisa de by"],
                command_line: ["necesita --by", "it needs --by", "precisa de --by"],
            };
            Unclear { name, wanted: of.of(self.dialect) }
        };
        match (by, values.last()) {
            (None, Some(last)) => Err(needs_by(if last.is_empty() { self.names.none } else { self.names.value })),
            _ => Ok(values),
        }
    }

    fn measures(&self) -> Result<Vec<Measure>, Unclear> {
        let Some(text) = self.first(self.names.measures) else { return Ok(MEASURES.map(|spec| spec.measure).into()) };
        let wanted = Wanted {
            desk: [
                "códigos separados por comas, como creados,resueltos",
                "codes separated by commas, such as creados,resueltos",
                "códigos separados por vírgulas, como creados,resueltos",
            ],
            integration: [
                "códigos separados por comas, como created,resolved",
                "codes separated by commas, such as created,resolved",
                "códigos separados por vírgulas, como created,resolved",
            ],
            command_line: [
                "códigos separados por comas, como created,resolved, o all",
                "codes separated by commas, such as created,resolved, or all",
                "códigos separados por vírgulas, como created,resolved, ou all",
            ],
        };
        let unclear = Unclear { name: self.names.measures, wanted: wanted.of(self.dialect) };
        let named = |code: &str| self.dialect.measures().find(|(name, _)| *name == code.trim()).map(|(_, found)| found);
        let mut measures: Vec<_> = text.split(',').map(named).collect::<Option<_>>().ok_or(unclear)?;
        measures.sort();
        measures.dedup();
        Ok(measures)
    }
}

const DAY_OR_INSTANT: [&str; 3] = [
    "una fecha, AAAA-MM-DD, o un instante de RFC 3339",
    "a date, YYYY-MM-DD, or an instant of RFC 3339",
    "uma data, AAAA-MM-DD, ou um instante da RFC 3339",
];

/// Why a day or an instant is none: it is before all that there are figures of, or is something else.
fn unclear(name: &'static str, text: &str, wanted: [&'static str; 3]) -> Unclear {
    let written_instant = || Some(DateTime::parse_from_rfc3339(text).ok()?.naive_utc().date());
    let is_before = written_day(text).or_else(written_instant).is_some_and(|day| day.year() < FIRST_YEAR);
    let not_before =
        ["una fecha del 1970-01-01 en adelante", "a date from 1970-01-01 on", "uma data de 1970-01-01 em diante"];
    Unclear { name, wanted: if is_before { not_before } else { wanted } }
}

/// How many periods a report has where nobody says since when.
const fn as_many(period: Period) -> u32 {
    match period {
        Period::Hour => 24,
        Period::Day => 30,
        Period::Week => 13,
        Period::Month => 12,
        Period::Quarter => 8,
        Period::Year => 5,
    }
}

/// The first year of which there are figures.
const FIRST_YEAR: i32 = 1970;

/// A civil day that there can be figures of.
fn day(text: &str) -> Option<NaiveDate> {
    written_day(text).filter(|day| (FIRST_YEAR..=9999).contains(&day.year()))
}

/// A civil day, to the letter: chrono reads more than is written so.
fn written_day(text: &str) -> Option<NaiveDate> {
    text.parse().ok().filter(|day: &NaiveDate| day.to_string() == text)
}

fn day_of(at: Timestamp, zone: &Zone) -> NaiveDate {
    DateTime::from_timestamp_millis(zone.shown(at).unix_millis()).unwrap_or_default().date_naive()
}

/// `30d`: so many periods.
fn ago(text: &str) -> Option<(Period, u32)> {
    let period = match text.chars().last()? {
        'h' => Period::Hour,
        'd' => Period::Day,
        'w' => Period::Week,
        'm' => Period::Month,
        'q' => Period::Quarter,
        'y' => Period::Year,
        _ => return None,
    };
    let digits = text.get(..text.len().saturating_sub(1))?;
    let count: u32 = digits.parse().ok()?;
    (digits.bytes().all(|octet| octet.is_ascii_digit()) && count >= 1).then_some((period, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(dialect: Dialect, given: &[(&str, &str)]) -> Result<Asked, Unclear> {
        let rules = Rules::from_json(
            r#"{ "zona": "America/Bogota", "zonas": [{ "nombre": "America/Bogota", "desfaseSegundos": -18000 }] }"#,
        );
        let now = Timestamp::parse("2026-03-24T02:15:00Z").unwrap();
        let values = |name: &str| {
            given.iter().filter(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned()).collect::<Vec<_>>()
        };
        Asked::read(&values, dialect, Locale::Es, now, &rules.unwrap())
    }

    #[track_caller]
    fn check_range(dialect: Dialect, given: &[(&str, &str)], from: &str, until: &str) {
        let ask = asked(dialect, given).unwrap().ask;
        assert_eq!([ask.from, ask.until].map(|at| at.seconds().to_string()), [from, until]);
    }

    #[track_caller]
    fn check_refused(dialect: Dialect, given: &[(&str, &str)], name: &str, wanted: &str) {
        let unclear = asked(dialect, given).unwrap_err();
        assert_eq!((unclear.name, unclear.wanted[1]), (name, wanted));
    }

    #[test]
    fn who_says_nothing_gets_all_figures_of_thirty_days_by_day() {
        // It is still the 23rd in Bogotá.
        check_range(Dialect::Desk, &[], "2026-02-22T05:00:00Z", "2026-03-24T05:00:00Z");
        let asked = asked(Dialect::Desk, &[("periodo", ""), ("area", ""), ("valor", " ")]).unwrap();
        assert_eq!((asked.ask.period, asked.measures.len()), (Period::Day, MEASURES.len()));
        assert_eq!(asked.ask.query(Scope::Everything, Timestamp::MAX).spans().unwrap().len(), 30);
    }

    #[test]
    fn a_range_without_a_beginning_has_whole_periods_up_to_its_end() {
        let by = |period| [("periodo", period)];
        check_range(Dialect::Desk, &by("hora"), "2026-03-23T05:00:00Z", "2026-03-24T05:00:00Z");
        check_range(Dialect::Desk, &by("semana"), "2025-12-29T05:00:00Z", "2026-03-24T05:00:00Z");
        check_range(Dialect::Desk, &by("mes"), "2025-04-01T05:00:00Z", "2026-03-24T05:00:00Z");
        check_range(Dialect::Desk, &by("trimestre"), "2024-04-01T05:00:00Z", "2026-03-24T05:00:00Z");
        check_range(Dialect::Desk, &by("anio"), "2022-01-01T05:00:00Z", "2026-03-24T05:00:00Z");
    }

    #[test]
    fn days_are_those_of_the_zone_and_the_last_is_in() {
        let days = [("desde", "2026-01-01"), ("hasta", "2026-01-31")];
        check_range(Dialect::Desk, &days, "2026-01-01T05:00:00Z", "2026-02-01T05:00:00Z");
        let elsewhere = [days[0], days[1], ("zona", "Asia/Kathmandu")];
        check_range(Dialect::Desk, &elsewhere, "2025-12-31T18:15:00Z", "2026-01-31T18:15:00Z");
        let instants = [("from", "2026-01-01T00:00:00Z"), ("until", "2026-01-01T03:00:00+01:00")];
        check_range(Dialect::Integration, &instants, "2026-01-01T00:00:00Z", "2026-01-01T02:00:00Z");
        let ago = [("--since", "2m"), ("--until", "2026-02-10")];
        check_range(Dialect::CommandLine, &ago, "2026-01-01T05:00:00Z", "2026-02-11T05:00:00Z");
    }

    #[test]
    fn what_makes_no_sense_is_told_with_what_would() {
        let desk = |given: &[(&str, &str)], name: &str, wanted: &str| check_refused(Dialect::Desk, given, name, wanted);
        let date = "a date, YYYY-MM-DD, or an instant of RFC 3339";
        for text in ["ayer", "2026-1-1", "2026-02-30", "+2026-01-01", "30d", "10000-01-01"] {
            desk(&[("desde", text)], "desde", date);
            desk(&[("hasta", text)], "hasta", date);
        }
        for text in ["1969-12-31", "0001-01-01", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+01:00"] {
            desk(&[("desde", text)], "desde", "a date from 1970-01-01 on");
            desk(&[("hasta", text)], "hasta", "a date from 1970-01-01 on");
            check_refused(Dialect::CommandLine, &[("--since", text)], "--since", "a date from 1970-01-01 on");
        }
        desk(&[("desde", "2026-03-01"), ("hasta", "2026-02-28")], "hasta", "later than the beginning");
        desk(&[("periodo", "day")], "periodo", PERIODS.desk[1]);
        desk(&[("por", "estado")], "por", DIMENSIONS.desk[1]);
        desk(&[("zona", "Bogota")], "zona", "an IANA name, such as America/Bogota");
        desk(&[("valor", "SISTEMAS")], "valor", "it needs por");
        desk(&[("ninguno", "si")], "ninguno", "it needs por");
        desk(&[("ninguno", "true"), ("por", "area")], "ninguno", "si, no");
        desk(&[("medidas", "creados,created")], "medidas", "codes separated by commas, such as creados,resueltos");
        desk(&[("idioma", "fr")], "idioma", "es, en, pt");
        desk(&[("formato", "xml")], "formato", "json, csv");
        let hours = [("periodo", "hora"), ("desde", "2020-01-01")];
        desk(&hours, "periodo", "a longer one: a report has at most 8,784 periods");
        check_refused(Dialect::Integration, &[("by", "")], "by", DIMENSIONS.integration[1]);
        check_refused(Dialect::Integration, &[("team", "")], "team", "a name");
        let ago = "a date, YYYY-MM-DD, an instant, or how long ago: 24h, 30d, 13w, 12m, 8q, 5y";
        for text in ["0d", "+3d", "d", "5x", "99999999999d"] {
            check_refused(Dialect::CommandLine, &[("--since", text)], "--since", ago);
        }
    }

    #[test]
    fn the_names_that_are_told_are_those_that_are_taken() {
        let joined = |names: Vec<&'static str>| names.join(", ");
        for dialect in [Dialect::Desk, Dialect::Integration, Dialect::CommandLine] {
            assert_eq!(PERIODS.of(dialect)[0], joined(Period::ALL.map(|period| dialect.period(period)).into()));
            assert_eq!(DIMENSIONS.of(dialect)[0], joined(Dimension::ALL.map(|by| dialect.dimension(by)).into()));
            assert_eq!(SWITCH.of(dialect)[0], joined(dialect.yes_and_no().into()));
        }
        assert_eq!(ticketing_core::limits::REPORT_PERIODS_MAX, 8_784);
        assert_eq!(ticketing_core::limits::REPORT_CELLS_MAX, 50_000);
        assert_eq!(FIGURES_MAX, 250_000);
    }

    #[test]
    fn values_and_measures_are_taken_in_any_order_and_once() {
        let given = [
            ("por", "area"),
            ("valor", "SISTEMAS"),
            ("valor", "REDES"),
            ("ninguno", "si"),
            ("medidas", "pendientes, creados,pendientes"),
        ];
        let asked = asked(Dialect::Desk, &given).unwrap();
        assert_eq!(asked.ask.values, ["SISTEMAS", "REDES", ""]);
        assert_eq!(asked.measures, [Measure::Created, Measure::Backlog]);
    }
}
