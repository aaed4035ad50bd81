//! The example calendars, against the laws that they come from.

#![cfg(feature = "cli")]

#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

use std::{
    collections::BTreeMap,
    fs,
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use chrono::{Datelike, Days, NaiveDate, Weekday};

use self::common::program::Desk;

const YEARS: RangeInclusive<i32> = 2026..=2030;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/rules").join(name)
}

/// The exceptions of the one calendar of a file, all of them closed.
fn closed(rules: &str) -> BTreeMap<NaiveDate, String> {
    let rules: toml::Table = rules.parse().unwrap();
    let calendars = rules["calendarios"].as_table().unwrap();
    let (_, calendar) = calendars.iter().next().unwrap();
    let exceptions = calendar["excepciones"].as_array().unwrap().iter().map(|exception| {
        assert!(exception.get("horas").is_none());
        (exception["fecha"].as_str().unwrap().parse().unwrap(), exception["nombre"].as_str().unwrap().to_owned())
    });
    exceptions.collect()
}

fn file(name: &str) -> BTreeMap<NaiveDate, String> {
    closed(&fs::read_to_string(example(name)).unwrap())
}

/// The same days, each named, of one law's rules.
fn days(law: impl Fn(i32) -> Vec<(NaiveDate, &'static str)>) -> BTreeMap<NaiveDate, String> {
    let mut days: BTreeMap<NaiveDate, Vec<&str>> = BTreeMap::new();
    for (date, name) in YEARS.flat_map(law) {
        days.entry(date).or_default().push(name);
    }
    days.into_iter().map(|(date, names)| (date, names.join("; "))).collect()
}

fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn plus(date: NaiveDate, days: i64) -> NaiveDate {
    if days < 0 { date - Days::new(days.unsigned_abs()) } else { date + Days::new(days.unsigned_abs()) }
}

fn next_monday(mut date: NaiveDate) -> NaiveDate {
    while date.weekday() != Weekday::Mon {
        date = plus(date, 1);
    }
    date
}

/// Source: the Gregorian computus as the tables of the calendar's reform have it: the Sunday after the first ecclesiastical full
/// moon from 21 March on. That moon is found by walking from the golden number and the epact.
fn easter(year: i32) -> NaiveDate {
    let century = year.div_euclid(100) + 1;
    let golden = year.rem_euclid(19) + 1;
    let solar_correction = 3 * century / 4 - 12;
    let lunar_correction = (8 * century + 5) / 25 - 5;
    let mut epact = (11 * golden + 20 + lunar_correction - solar_correction).rem_euclid(30);
    if epact == 24 || (epact == 25 && golden > 11) {
        epact += 1;
    }
    let moon = 44 - epact;
    let moon = if moon < 21 { moon + 30 } else { moon };
    let mut day = plus(date(year, 3, 1), i64::from(moon) - 1);
    loop {
        day = plus(day, 1);
        if day.weekday() == Weekday::Sun {
            return day;
        }
    }
}

/// Source: the dates of Easter as almanacs print them.
#[test]
fn easter_is_on_its_day() {
    for (year, month, day) in [
        (1961, 4, 2),
        (1981, 4, 19),
        (2000, 4, 23),
        (2008, 3, 23),
        (2024, 3, 31),
        (2026, 4, 5),
        (2030, 4, 21),
        (2038, 4, 25),
        (2049, 4, 18),
    ] {
        assert_eq!(easter(year), date(year, month, day));
    }
}

/// Source: Ley 51 de 1983, artículo 1; Código Sustantivo del Trabajo, artículo 177.
#[test]
fn colombia_closes_on_the_days_of_ley_emiliani() {
    let law = |year| {
        let (on, monday) = (|month, day| date(year, month, day), |month, day| next_monday(date(year, month, day)));
        let after_easter = |days| plus(easter(year), days);
        // Ascension is a Thursday 39 days after Easter, Corpus Christi one 60 days after, Sacred Heart a Friday 68 days after.
        vec![
            (on(1, 1), "Año Nuevo"),
            (monday(1, 6), "Reyes Magos"),
            (monday(3, 19), "San José"),
            (after_easter(-3), "Jueves Santo"),
            (after_easter(-2), "Viernes Santo"),
            (on(5, 1), "Día del Trabajo"),
            (next_monday(after_easter(39)), "Ascensión del Señor"),
            (next_monday(after_easter(60)), "Corpus Christi"),
            (next_monday(after_easter(68)), "Sagrado Corazón de Jesús"),
            (monday(6, 29), "San Pedro y San Pablo"),
            (on(7, 20), "Día de la Independencia"),
            (on(8, 7), "Batalla de Boyacá"),
            (monday(8, 15), "Asunción de la Virgen"),
            (monday(10, 12), "Día de la Raza"),
            (monday(11, 1), "Todos los Santos"),
            (monday(11, 11), "Independencia de Cartagena"),
            (on(12, 8), "Inmaculada Concepción"),
            (on(12, 25), "Navidad"),
        ]
    };
    assert_eq!(file("colombia.toml"), days(law));
    assert_eq!(file("colombia.toml").len(), 5 * 18 - 1);
}

/// Source: Ley Federal del Trabajo, artículo 74; Ley General de Instituciones y Procedimientos Electorales, artículo 22.
#[test]
fn mexico_closes_on_the_days_of_its_labour_law() {
    let law = |year| {
        let nth_monday = |month, nth| NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Mon, nth).unwrap();
        let mut days = vec![
            (date(year, 1, 1), "Año Nuevo"),
            (nth_monday(2, 1), "Aniversario de la Constitución"),
            (nth_monday(3, 3), "Natalicio de Benito Juárez"),
            (date(year, 5, 1), "Día del Trabajo"),
            (date(year, 9, 16), "Día de la Independencia"),
            (nth_monday(11, 3), "Aniversario de la Revolución"),
            (date(year, 12, 25), "Navidad"),
        ];
        if [2024, 2030, 2036].contains(&year) {
            days.push((date(year, 10, 1), "Transmisión del Poder Ejecutivo Federal"));
        }
        if [2024, 2027, 2030, 2033].contains(&year) {
            let first_sunday = NaiveDate::from_weekday_of_month_opt(year, 6, Weekday::Sun, 1).unwrap();
            days.push((first_sunday, "Jornada electoral federal"));
        }
        days
    };
    assert_eq!(file("mexico.toml"), days(law));
}

/// Source: Estatuto de los Trabajadores, artículo 37.2; Real Decreto 2001/1983, artículo 45.
#[test]
fn spain_closes_on_the_days_that_no_community_replaces_and_has_the_others_as_comments() {
    let fixed = |year| {
        vec![
            (date(year, 10, 12), "Fiesta Nacional de España"),
            (date(year, 12, 6), "Día de la Constitución Española"),
            (date(year, 1, 1), "Año Nuevo"),
            (date(year, 5, 1), "Fiesta del Trabajo"),
            (date(year, 12, 25), "Natividad del Señor"),
            (date(year, 8, 15), "Asunción de la Virgen"),
            (date(year, 11, 1), "Todos los Santos"),
            (date(year, 12, 8), "Inmaculada Concepción"),
            (plus(easter(year), -2), "Viernes Santo"),
        ]
    };
    assert_eq!(file("espana.toml"), days(fixed));
    let with_the_others = |year| {
        let others = [
            (plus(easter(year), -3), "Jueves Santo"),
            (date(year, 1, 6), "Epifanía del Señor"),
            (date(year, 3, 19), "San José"),
            (date(year, 7, 25), "Santiago Apóstol"),
        ];
        [fixed(year), others.to_vec()].concat()
    };
    let all = fs::read_to_string(example("espana.toml")).unwrap().replace("# { fecha", "{ fecha");
    assert_eq!(closed(&all), days(with_the_others));
}

/// Source: Lei 662/1949, Lei 6.802/1980, Lei 9.093/1995, Lei 14.759/2023.
#[test]
fn brazil_closes_on_its_national_days_and_good_friday() {
    let law = |year| {
        vec![
            (date(year, 1, 1), "Confraternização Universal"),
            (plus(easter(year), -2), "Sexta-feira da Paixão"),
            (date(year, 4, 21), "Tiradentes"),
            (date(year, 5, 1), "Dia do Trabalho"),
            (date(year, 9, 7), "Independência do Brasil"),
            (date(year, 10, 12), "Nossa Senhora Aparecida"),
            (date(year, 11, 2), "Finados"),
            (date(year, 11, 15), "Proclamação da República"),
            (date(year, 11, 20), "Dia Nacional de Zumbi e da Consciência Negra"),
            (date(year, 12, 25), "Natal"),
        ]
    };
    assert_eq!(file("brasil.toml"), days(law));
}

#[test]
fn each_line_says_its_day_of_the_week() {
    let spanish = ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"];
    let portuguese = ["seg", "ter", "qua", "qui", "sex", "sáb", "dom"];
    for (name, words) in
        [("colombia.toml", spanish), ("mexico.toml", spanish), ("espana.toml", spanish), ("brasil.toml", portuguese)]
    {
        let text = fs::read_to_string(example(name)).unwrap();
        let lines = text.lines().filter_map(|line| line.split_once("fecha = \""));
        let mut count = 0;
        for (_, rest) in lines {
            let date: NaiveDate = rest[..10].parse().unwrap();
            let word = rest.rsplit_once("# ").unwrap().1;
            assert_eq!(word, words[date.weekday().num_days_from_monday() as usize], "{name}: {date}");
            count += 1;
        }
        assert!(count >= 5 * 7, "{name}");
    }
}

#[test]
fn the_example_rules_are_valid_and_can_be_applied() {
    for name in ["colombia.toml", "mexico.toml", "espana.toml", "brasil.toml", "soporte.toml"] {
        let desk = Desk::new();
        let path = example(name);
        desk.run(&["rules", "check", path.to_str().unwrap()]).success();
        let said = desk.run(&["rules", "apply", path.to_str().unwrap()]).success();
        assert!(said.contains(" is active; its hash is "), "{said}");
    }
}
