//! Comma-separated values: a date and, beside it, a name.

use chrono::NaiveDate;
use csv::{Position, ReaderBuilder, StringRecord};

use super::{Excerpt, FileError, Found, LeftOut, line_ends};

/// What a header calls the dates and the names: Spanish, English, Portuguese, without accents.
const DATE_HEADERS: [&str; 5] = ["fecha", "dia", "date", "data", "day"];
const NAME_HEADERS: [&str; 13] = [
    "nombre",
    "festivo",
    "feriado",
    "festividad",
    "descripcion",
    "motivo",
    "name",
    "holiday",
    "description",
    "summary",
    "title",
    "nome",
    "descricao",
];

/// Reads dates with their names. A first row without a date is a header.
pub(super) fn read(text: &str, found: &mut Found) -> Result<(), FileError> {
    let rows = rows(text);
    let mut rows = rows.iter().peekable();
    let header = rows.next_if(|row| row.date_column().is_none());
    let column = |names: &[&str]| {
        let header = header?;
        header.cells.iter().position(|cell| names.contains(&without_accents(cell).as_str()))
    };
    let date_column = column(&DATE_HEADERS).or_else(|| rows.peek()?.date_column()).unwrap_or(0);
    let name_column = column(&NAME_HEADERS).unwrap_or(usize::from(date_column == 0));

    // What has no word for dates but a digit is more likely a date that cannot be read.
    let is_row = |row: &&Row| row.cells.iter().any(|cell| cell.contains(|c: char| c.is_ascii_digit()));
    let is_no_header =
        column(&DATE_HEADERS).is_none() && (rows.peek().is_none() || header.as_ref().is_some_and(is_row));
    if let Some(header) = header.filter(|_| is_no_header) {
        let cell = header.cells.get(date_column).unwrap_or_default();
        found.leave_out(header.line, LeftOut::NoDate(Excerpt::of(cell)));
    }
    for Row { line, cells } in rows {
        let line = *line;
        let (date, name) = (cells.get(date_column).unwrap_or_default(), cells.get(name_column).unwrap_or_default());
        if [date, name].iter().any(|cell| cell.contains('\n')) {
            return Err(FileError::OpenQuote { line });
        }
        match parse_date(date) {
            Parsed::Date(date) => found.take(line, name, [date]),
            Parsed::Impossible => return Err(FileError::ImpossibleDate { line, text: Excerpt::of(date.trim()) }),
            Parsed::Other => found.leave_out(line, LeftOut::NoDate(Excerpt::of(date.trim()))),
        }
    }
    Ok(())
}

struct Row {
    line: usize,
    cells: StringRecord,
}

impl Row {
    fn date_column(&self) -> Option<usize> {
        self.cells.iter().position(|cell| !matches!(parse_date(cell), Parsed::Other))
    }
}

/// The rows, separated by whatever separates most dates from the rest.
fn rows(text: &str) -> Vec<Row> {
    let all = [b',', b';', b'\t'].map(|separator| separated(text, separator));
    let dates = |rows: &[Row]| rows.iter().filter(|row| row.date_column().is_some()).count();
    // Of equals it is the last: a comma that separates nothing stands in many names.
    all.into_iter().max_by_key(|rows| dates(rows)).unwrap_or_default()
}

fn separated(text: &str, separator: u8) -> Vec<Row> {
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut lines = Lines { text, counted_to: 0, line: 1 };
    // What is read from memory, as UTF-8 and with rows of any length, cannot fail.
    let records = reader.records().map_while(Result::ok);
    let rows = records.map(|cells| Row { line: lines.of(cells.position()), cells });
    rows.filter(|row| row.cells.iter().any(|cell| !cell.trim().is_empty())).collect()
}

/// Counts the lines up to each row. The reader's own count takes blank lines and comments for a part of the row after them.
struct Lines<'a> {
    text: &'a str,
    counted_to: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, position: Option<&Position>) -> usize {
        let from = position.and_then(|position| usize::try_from(position.byte()).ok()).unwrap_or_default();
        let mut row = self.text.get(from..).unwrap_or_default();
        loop {
            row = row.trim_start_matches(['\r', '\n']);
            let Some(comment) = row.strip_prefix('#') else { break };
            row = comment.find('\n').and_then(|end| comment.get(end..)).unwrap_or_default();
        }
        let start = self.text.len() - row.len();
        let passed = self.text.as_bytes().get(self.counted_to..start).unwrap_or_default();
        self.line += line_ends(passed);
        self.counted_to = start;
        self.line
    }
}

enum Parsed {
    Date(NaiveDate),
    /// It is written as a date, but there is no such day: its parts may be in another order.
    Impossible,
    Other,
}

/// `2026-12-25`, or day, month and year: `25/12/2026`.
fn parse_date(text: &str) -> Parsed {
    let parts = |separator| {
        let mut parts = text.trim().split(separator).map(|part| {
            let is_number = (1..=4).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| is_number).map(|number| (part.len(), number))
        });
        let three = (parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(three)
    };
    let year_first = parts('-').and_then(|parts| match parts {
        ((4, year), (2, month), (2, day)) => Some((year, month, day)),
        _ => None,
    });
    let day_first = parts('/').and_then(|parts| match parts {
        ((1..=2, day), (1..=2, month), (4, year)) => Some((year, month, day)),
        _ => None,
    });
    let Some((year, month, day)) = year_first.or(day_first) else { return Parsed::Other };
    NaiveDate::from_ymd_opt(year.into(), month.into(), day.into()).map_or(Parsed::Impossible, Parsed::Date)
}

fn without_accents(header: &str) -> String {
    let plain = |c| match c {
        'á' | 'ã' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ç' => 'c',
        other => other,
    };
    header.trim().to_lowercase().chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{refused, taken};

    #[test]
    fn dates_come_with_names_separated_by_comma_semicolon_or_tab() {
        for text in [
            "2026-12-25,Navidad\n2026-01-01,Año Nuevo",
            "2026-12-25;Navidad\r\n01/01/2026; Año Nuevo \r\n",
            "25/12/2026\tNavidad\n1/1/2026\tAño Nuevo\n",
            "\u{FEFF}fecha,nombre\n\"2026-12-25\",\"Navidad\"\n2026-01-01,\"Año Nuevo\"\n",
            "Día;Motivo\n\n# Fuente: ley\n25/12/2026;Navidad;nacional\n\n01/01/2026;Año Nuevo;\n;;\n",
            "Nome,Tipo,Data\nNavidad,nacional,25/12/2026\nAño Nuevo,nacional,01/01/2026\n",
            "any;header;at all\nNavidad;2026-12-25;x\nAño Nuevo;2026-01-01;x\n",
        ] {
            let (days, notes) = taken(text);
            assert_eq!(days, ["2026-01-01 Año Nuevo", "2026-12-25 Navidad"], "{text}");
            assert!(notes.is_empty(), "{notes:?}");
        }
    }

    #[test]
    fn a_name_is_optional_and_may_hold_other_separators() {
        assert_eq!(taken("2026-12-25\n2026-12-24,").0, ["2026-12-24", "2026-12-25"]);
        assert_eq!(taken("2026-12-25;Navidad, Pascua\n").0, ["2026-12-25 Navidad, Pascua"]);
        assert_eq!(taken("2026-12-25,\"Día de \"\"paz\"\"; amor\"").0, ["2026-12-25 Día de \"paz\"; amor"]);
    }

    /// Month before day would often pass unnoticed; one line gives it away.
    #[test]
    fn a_day_that_there_is_not_refuses_the_file() {
        let hint = "is no day that there is: write 2026-12-25, or 25/12/2026 with the day first";
        assert_eq!(refused("fecha,nombre\n01/06/2026,a\n12/25/2026,b"), format!("line 3: “12/25/2026” {hint}"));
        assert_eq!(refused("2026-02-29,a"), format!("line 1: “2026-02-29” {hint}"));
        assert_eq!(refused("a,b\r\n\r\n2026-01-01,x\r\n# c\r\n00/01/2026,a"), format!("line 5: “00/01/2026” {hint}"));
    }

    #[test]
    fn what_is_no_date_is_left_out_with_its_line() {
        let (days, notes) =
            taken("fecha,nombre\n2026-01-01,a\npor definir,b\n25-12-2026,c\n1/1/26,d\n2026-1-2,e\n,f\n2019-01-01,g\n");
        assert_eq!(days, ["2026-01-01 a"]);
        let hint = "is no date: write 2026-12-25, or 25/12/2026 with the day first";
        assert_eq!(
            notes,
            [
                format!("line 3: “por definir” {hint}"),
                format!("line 4: “25-12-2026” {hint}"),
                format!("line 5: “1/1/26” {hint}"),
                format!("line 6: “2026-1-2” {hint}"),
                format!("line 7: “” {hint}"),
                "line 8: 2019-01-01 lies outside 2026–2031".into(),
            ]
        );
        assert_eq!(taken("25-12-2026,a\n26-12-2026,b").1.len(), 2);
        assert_eq!(taken("hello").1, [format!("line 1: “hello” {hint}")]);
    }

    #[test]
    fn a_date_that_stands_there_twice_is_told() {
        let (days, notes) = taken("2026-05-01,Trabajo\n\n01/05/2026,Otro\n2026-05-01,Trabajo");
        assert_eq!(days, ["2026-05-01 Trabajo"]);
        let note = "2026-05-01 stands on line 1 already, as “Trabajo”";
        assert_eq!(notes, [format!("line 3: {note}"), format!("line 4: {note}")]);
    }

    #[test]
    fn names_are_short_and_have_no_control_characters() {
        let long = "ñ".repeat(100);
        let (days, notes) = taken(format!("2026-01-01,{long}\n2026-01-02,{long}x\n2026-01-03,\u{1B}[31mrojo\n"));
        assert_eq!(days, [format!("2026-01-01 {long}")]);
        assert_eq!(notes, ["line 2: the name has more than 100 characters", "line 3: the name has control characters"]);
    }

    #[test]
    fn a_quote_that_is_not_closed_refuses_the_file() {
        let message = refused("2026-01-01,a\n2026-01-02,\"b\n2026-01-03,c\n");
        assert_eq!(message, "line 2: a cell goes on to the next line: is a quote not closed?");
    }
}
