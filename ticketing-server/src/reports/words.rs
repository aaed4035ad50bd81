use ticketing_core::{
    Locale,
    report::{AGE_BANDS_DAYS, Counts, Dimension, MEASURES, Measure, Period, Unit},
};

/// Whose words are spoken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// The Mesa de Ayuda's.
    Desk,
    /// That of other systems.
    Integration,
    /// That of the command line. What it prints as JSON has the desk's words.
    CommandLine,
}

/// What the parts of a question are called.
pub(crate) struct Parameters {
    pub(crate) from: &'static str,
    pub(crate) until: &'static str,
    pub(crate) period: &'static str,
    pub(crate) by: &'static str,
    pub(crate) area: &'static str,
    pub(crate) value: &'static str,
    /// Those without a value.
    pub(crate) none: &'static str,
    pub(crate) zone: &'static str,
    pub(crate) measures: &'static str,
    pub(crate) language: &'static str,
    pub(crate) format: &'static str,
}

const OF_THE_DESK: Parameters = Parameters {
    from: "desde",
    until: "hasta",
    period: "periodo",
    by: "por",
    area: "area",
    value: "valor",
    none: "ninguno",
    zone: "zona",
    measures: "medidas",
    language: "idioma",
    format: "formato",
};

const OF_OTHER_SYSTEMS: Parameters = Parameters {
    from: "from",
    until: "until",
    period: "period",
    by: "by",
    area: "team",
    value: "value",
    none: "none",
    zone: "zone",
    measures: "measures",
    language: "language",
    format: "format",
};

const OF_THE_COMMAND_LINE: Parameters = Parameters {
    from: "--since",
    until: "--until",
    period: "--period",
    by: "--by",
    area: "--area",
    value: "--value",
    none: "--none",
    zone: "--zone",
    measures: "--measure",
    language: "--language",
    format: "--format",
};

impl Dialect {
    pub(crate) const fn parameters(self) -> &'static Parameters {
        match self {
            Self::Desk => &OF_THE_DESK,
            Self::Integration => &OF_OTHER_SYSTEMS,
            Self::CommandLine => &OF_THE_COMMAND_LINE,
        }
    }

    /// What a period is called.
    pub(crate) const fn period(self, period: Period) -> &'static str {
        match (self, period) {
            (Self::Desk, _) => period.name(),
            (_, Period::Hour) => "hour",
            (_, Period::Day) => "day",
            (_, Period::Week) => "week",
            (_, Period::Month) => "month",
            (_, Period::Quarter) => "quarter",
            (_, Period::Year) => "year",
        }
    }

    /// What a dimension is called. Source: the integration contract, which has other names for some.
    pub(crate) const fn dimension(self, dimension: Dimension) -> &'static str {
        match (self, dimension) {
            (Self::Desk, _) => dimension.name(),
            (Self::Integration, Dimension::Area) => "team",
            (Self::Integration, Dimension::Type) => "requestType",
            (Self::Integration, Dimension::Priority) => "urgency",
            (Self::Integration, Dimension::Agent) => "owner",
            (Self::CommandLine, Dimension::Area) => "area",
            (Self::CommandLine, Dimension::Type) => "type",
            (Self::CommandLine, Dimension::Priority) => "priority",
            (Self::CommandLine, Dimension::Agent) => "agent",
            (_, Dimension::Category) => "category",
            (_, Dimension::Origin) => "origin",
        }
    }

    /// What a figure is called.
    pub(crate) fn measure(self, measure: Measure) -> &'static str {
        match self {
            Self::Desk => measure.spec().map_or("", |spec| spec.code),
            Self::Integration | Self::CommandLine => in_english(measure),
        }
    }

    /// What says yes, and what says no.
    pub(crate) const fn yes_and_no(self) -> [&'static str; 2] {
        match self {
            Self::Desk => ["si", "no"],
            Self::Integration | Self::CommandLine => ["true", "false"],
        }
    }

    /// What a figure is a number of.
    pub(crate) const fn unit(self, unit: Unit) -> &'static str {
        let [desk, others] = match unit {
            Unit::Tickets => ["tickets", "tickets"],
            Unit::Time => ["tiempo", "time"],
            Unit::Share => ["proporcion", "share"],
            Unit::Ages => ["antiguedad", "ages"],
        };
        self.either(desk, others)
    }

    /// In which clock a figure is.
    pub(crate) const fn clock(self, counts: Counts) -> &'static str {
        let others = match counts {
            Counts::Events => "none",
            Counts::WorkingTime => "working",
            Counts::CalendarTime => "calendar",
        };
        self.either(counts.name(), others)
    }

    const fn either(self, desk: &'static str, others: &'static str) -> &'static str {
        match self {
            Self::Desk => desk,
            Self::Integration | Self::CommandLine => others,
        }
    }

    /// Every measure's name and itself.
    pub(crate) fn measures(self) -> impl Iterator<Item = (&'static str, Measure)> {
        MEASURES.iter().map(move |spec| (self.measure(spec.measure), spec.measure))
    }
}

const fn in_english(measure: Measure) -> &'static str {
    match measure {
        Measure::Created => "created",
        Measure::Reopened => "reopened",
        Measure::Inflow => "inflow",
        Measure::Resolved => "resolved",
        Measure::Canceled => "canceled",
        Measure::Outflow => "outflow",
        Measure::Closed => "closed",
        Measure::Transferred => "transferred",
        Measure::FirstResponseWorking => "firstResponseWorking",
        Measure::FirstResponseCalendar => "firstResponseCalendar",
        Measure::NextResponseWorking => "nextResponseWorking",
        Measure::NextResponseCalendar => "nextResponseCalendar",
        Measure::ResolutionWorking => "resolutionWorking",
        Measure::ResolutionCalendar => "resolutionCalendar",
        Measure::FirstResponseInTime => "firstResponseInTime",
        Measure::NextResponseInTime => "nextResponseInTime",
        Measure::ResolutionInTime => "resolutionInTime",
        Measure::FirstResponseBreached => "firstResponseBreached",
        Measure::NextResponseBreached => "nextResponseBreached",
        Measure::ResolutionBreached => "resolutionBreached",
        Measure::ReopenRate => "reopenRate",
        Measure::OneTouchRate => "oneTouchRate",
        Measure::PauseShare => "pauseShare",
        Measure::Backlog => "backlog",
        Measure::BacklogAge => "backlogAge",
    }
}

/// What those are called that have no value of a dimension.
pub(super) const fn without(dimension: Dimension, locale: Locale) -> &'static str {
    locale.pick(match dimension {
        Dimension::Area => ["(sin área)", "(no area)", "(sem área)"],
        Dimension::Type => ["(sin tipo)", "(no type)", "(sem tipo)"],
        Dimension::Priority => ["(sin prioridad)", "(no priority)", "(sem prioridade)"],
        Dimension::Category => ["(sin categoría)", "(no category)", "(sem categoria)"],
        Dimension::Agent => ["(sin agente)", "(no agent)", "(sem agente)"],
        Dimension::Origin => ["(sin origen)", "(no origin)", "(sem origem)"],
    })
}

/// What a dimension is called by people.
pub(crate) const fn dimension_name(dimension: Dimension, locale: Locale) -> &'static str {
    locale.pick(match dimension {
        Dimension::Area => ["Área", "Area", "Área"],
        Dimension::Type => ["Tipo", "Type", "Tipo"],
        Dimension::Priority => ["Prioridad", "Priority", "Prioridade"],
        Dimension::Category => ["Categoría", "Category", "Categoria"],
        Dimension::Agent => ["Agente", "Agent", "Agente"],
        Dimension::Origin => ["Origen", "Origin", "Origem"],
    })
}

/// What the bands are called that a backlog's ages are divided in, the youngest first, and from which day to which they go.
pub(crate) fn age_bands(locale: Locale) -> impl Iterator<Item = (String, i64, Option<i64>)> {
    let begins = std::iter::once(0).chain(AGE_BANDS_DAYS);
    let ends = AGE_BANDS_DAYS.into_iter().map(Some).chain([None]);
    begins.zip(ends).map(move |(begins, ends)| (age_band(begins, ends, locale), begins, ends))
}

fn age_band(begins: i64, ends: Option<i64>, locale: Locale) -> String {
    let days = locale.pick(["días", "days", "dias"]);
    match (begins, ends) {
        (0, Some(1)) => locale.pick(["menos de 1 día", "less than 1 day", "menos de 1 dia"]).to_owned(),
        (0, Some(ends)) => format!("{} {ends} {days}", locale.pick(["menos de", "less than", "menos de"])),
        (begins, Some(ends)) => format!("{begins} {} {ends} {days}", locale.pick(["a", "to", "a"])),
        (begins, None) => format!("{begins} {}", locale.pick(["días o más", "days or more", "dias ou mais"])),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn what_has_a_name_has_one_of_its_own_in_each_dialect() {
        for dialect in [Dialect::Desk, Dialect::Integration, Dialect::CommandLine] {
            let measures: BTreeSet<_> = dialect.measures().map(|(name, _)| name).collect();
            assert_eq!(measures.len(), MEASURES.len());
            let periods: BTreeSet<_> = Period::ALL.map(|period| dialect.period(period)).into();
            assert_eq!(periods.len(), Period::ALL.len());
            let dimensions: BTreeSet<_> = Dimension::ALL.map(|dimension| dialect.dimension(dimension)).into();
            assert_eq!(dimensions.len(), Dimension::ALL.len());
        }
    }

    /// `docs/reports.md` says of each figure what it means. Its table is this one.
    #[test]
    fn the_page_on_reports_has_what_each_figure_means() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reports.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (_, table) = page.split_once("<!-- measures: begin -->\n").unwrap();
        let (table, _) = table.split_once("\n<!-- measures: end -->").unwrap();
        let mut expected =
            "| figure | desk | other systems | unit | clock | what counts |\n|---|---|---|---|---|---|".to_owned();
        for spec in &MEASURES {
            let others = Dialect::Integration;
            let clock = if spec.counts == Counts::Events { "–" } else { others.clock(spec.counts) };
            expected += &format!(
                "\n| {} | `{}` | `{}` | {} | {clock} | {} |",
                spec.name(Locale::En),
                spec.code,
                others.measure(spec.measure),
                others.unit(spec.unit),
                spec.sentence(Locale::En)
            );
        }
        assert!(table == expected, "it should be:\n{expected}");
    }

    #[test]
    fn ages_are_told_from_day_to_day() {
        let told: Vec<_> = age_bands(Locale::En).map(|(name, ..)| name).collect();
        let expected =
            ["less than 1 day", "1 to 3 days", "3 to 7 days", "7 to 30 days", "30 to 90 days", "90 days or more"];
        assert_eq!(told, expected);
    }
}
