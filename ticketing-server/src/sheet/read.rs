use csv::{ReaderBuilder, StringRecord};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};
use serde_json::{Map, Value};

/// A file's rows under its header.
pub(crate) struct Sheet {
    /// What the columns are called, trimmed.
    pub(crate) header: Vec<String>,
    rows: Vec<(u64, StringRecord)>,
}

/// How a file is written, where that is not seen from it.
#[derive(Clone, Default)]
pub(crate) struct SheetOptions {
    pub(crate) encoding: Option<&'static Encoding>,
    pub(crate) delimiter: Option<u8>,
}

/// Why a file is no sheet.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SheetError {
    #[error("there is no header: the first row says what the columns are")]
    Empty,
    #[error("{0}")]
    Csv(#[from] csv::Error),
    #[error("line {line} is no JSON object: {error}")]
    Json { line: u64, error: serde_json::Error },
    #[error("it is not all {0}: name its encoding with --encoding")]
    Encoding(&'static str),
}

impl Sheet {
    /// JSON, an object a line: its members are the columns.
    fn of_json(text: &str) -> Result<Self, SheetError> {
        let mut objects = Vec::new();
        let mut header: Vec<String> = Vec::new();
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
            let object: Map<String, Value> =
                serde_json::from_str(text).map_err(|error| SheetError::Json { line, error })?;
            for name in object.keys().filter(|name| !header.contains(name)).cloned().collect::<Vec<_>>() {
                header.push(name);
            }
            objects.push((line, object));
        }
        let row = |object: &Map<String, Value>| header.iter().map(|name| cell(object.get(name))).collect();
        let rows = objects.iter().map(|(line, object)| (*line, row(object))).collect();
        Ok(Self { header: header.clone(), rows })
    }

    /// Reads a file: UTF-8, with a mark or without, UTF-16 with one, or else Windows-1252, which is what Excel writes; commas,
    /// semicolons or tabs, whichever the header has most of.
    pub(crate) fn read(octets: &[u8], options: &SheetOptions) -> Result<Self, SheetError> {
        let text = text(octets, options.encoding)?;
        if text.trim_start().starts_with('{') {
            return Self::of_json(&text);
        }
        let delimiter = options.delimiter.unwrap_or_else(|| delimiter(&text));
        let mut reader =
            ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(text.as_bytes());
        let mut rows = Vec::new();
        let mut lines = Lines { text: &text, octet: 0, line: 1 };
        for record in reader.records() {
            let record = record?;
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                rows.push((line, record));
            }
        }
        if rows.is_empty() {
            return Err(SheetError::Empty);
        }
        let (_, header) = rows.remove(0);
        Ok(Self { header: header.iter().map(|name| name.trim().to_owned()).collect(), rows })
    }

    /// Rows with the lines in which they begin.
    pub(crate) fn rows(&self) -> impl ExactSizeIterator<Item = (u64, &StringRecord)> {
        self.rows.iter().map(|(line, row)| (*line, row))
    }
}

/// Counts lines, which end as records may: with `\n`, `\r\n` or `\r`. A record begins, as its reader sees it, with what is left of the end of the line before.
struct Lines<'t> {
    text: &'t str,
    octet: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first octet from one on that ends no line. They are asked for in their order.
    fn at(&mut self, octet: u64) -> u64 {
        let octet = usize::try_from(octet).unwrap_or(usize::MAX);
        for (nth, found) in self.text.bytes().enumerate().skip(self.octet) {
            if nth >= octet && !matches!(found, b'\r' | b'\n') {
                break;
            }
            let is_followed = self.text.as_bytes().get(nth + 1) == Some(&b'\n');
            self.line += u64::from(found == b'\n' || found == b'\r' && !is_followed);
            self.octet = nth + 1;
        }
        self.line
    }
}

/// A member as a cell has it; a list with commas between its items.
fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => items.iter().map(|item| cell(Some(item))).collect::<Vec<_>>().join(","),
        Some(other) => other.to_string(),
    }
}

fn text(octets: &[u8], named: Option<&'static Encoding>) -> Result<String, SheetError> {
    // A mark at the beginning wins over what anybody says.
    let of_mark = Encoding::for_bom(octets).map(|(encoding, _)| encoding);
    let seen = || if std::str::from_utf8(octets).is_ok() { UTF_8 } else { WINDOWS_1252 };
    let encoding = of_mark.or(named).unwrap_or_else(seen);
    let (text, encoding, has_errors) = encoding.decode(octets);
    if has_errors { Err(SheetError::Encoding(encoding.name())) } else { Ok(text.into_owned()) }
}

fn delimiter(text: &str) -> u8 {
    let mut is_quoted = false;
    let mut counts = [(b',', 0_u32), (b';', 0), (b'\t', 0)];
    for octet in text.bytes() {
        match octet {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => break,
            octet if !is_quoted => {
                counts.iter_mut().filter(|(of, _)| *of == octet).for_each(|(_, count)| *count += 1);
            }
            _ => {}
        }
    }
    // Of several the first.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(octets: &[u8]) -> Vec<Vec<String>> {
        let sheet = Sheet::read(octets, &SheetOptions::default()).unwrap();
        let rows = sheet
            .rows()
            .map(|(line, row)| [line.to_string()].into_iter().chain(row.iter().map(str::to_owned)).collect());
        [sheet.header.clone()].into_iter().chain(rows).collect()
    }

    #[test]
    fn files_are_read_as_spreadsheets_write_them() {
        let expected = [vec!["Área", "b"], vec!["2", "ñ,", "x\ny"], vec!["5", "1", ""]];
        for octets in [
            "Área,b\n\"ñ,\",\"x\ny\"\n\n1,\n".as_bytes().to_vec(),
            "\u{feff}Área;b\r\nñ,;\"x\ny\"\r\n;\r\n1;\r\n".as_bytes().to_vec(),
            WINDOWS_1252.encode("Área\t b\nñ,\t\"x\ny\"\n\n1\t\n").0.into_owned(),
            b"\xc1rea,b\r\"\xf1,\",\"x\ny\"\r\r1,\r".to_vec(),
        ] {
            assert_eq!(cells(&octets), expected);
        }
        let utf16: Vec<u8> = "\u{feff}Área;b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(cells(&utf16), [["Área", "b"]]);
        let json = b"{\"a\": \"x;y\", \"b\": null}\n\n{\"c\": [\"u\", 1], \"a\": true}\n";
        assert_eq!(cells(json), [vec!["a", "b", "c"], vec!["1", "x;y", "", ""], vec!["3", "true", "", "u,1"]]);
        assert!(matches!(Sheet::read(b"{}\n[]", &SheetOptions::default()), Err(SheetError::Json { line: 2, .. })));
        assert!(matches!(Sheet::read(b" \n,,\n", &SheetOptions::default()), Err(SheetError::Empty)));
        let as_utf8 = SheetOptions { encoding: Some(UTF_8), delimiter: None };
        assert!(matches!(Sheet::read(b"\xc1rea\n", &as_utf8), Err(SheetError::Encoding("UTF-8"))));
    }
}
