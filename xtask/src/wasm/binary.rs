//! A module's octets: which functions and sections take the room, and what is left of panics.
//!
//! Source: the WebAssembly core specification, 5.5, and its appendix, "Name Section".

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};

/// What a module of version 1 begins with.
const HEAD: &[u8] = b"\0asm\x01\0\0\0";

const CUSTOM: u8 = 0;
const IMPORT: u8 = 2;
const CODE: u8 = 10;
const DATA: u8 = 11;

/// A section: its id, a custom one's name, and its octets.
struct Section<'m> {
    id: u8,
    name: &'m str,
    octets: &'m [u8],
}

/// A module in its sections.
pub(super) struct Binary<'m> {
    sections: Vec<Section<'m>>,
}

/// A function: its name and the octets that it takes.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) octets: usize,
}

impl<'m> Binary<'m> {
    pub(super) fn read(module: &'m [u8]) -> Result<Self> {
        let mut rest = Octets(module.strip_prefix(HEAD).context("no module of version 1")?);
        let mut sections = Vec::new();
        while !rest.0.is_empty() {
            let id = rest.octet()?;
            let octets = rest.sized()?;
            let name = if id == CUSTOM { std::str::from_utf8(Octets(octets).sized()?)? } else { "" };
            sections.push(Section { id, name, octets });
        }
        Ok(Self { sections })
    }

    fn section(&self, id: u8) -> Octets<'m> {
        Octets(self.sections.iter().find(|section| section.id == id).map_or(&[0], |section| section.octets))
    }

    /// The octets of the data section.
    pub(super) fn data(&self) -> usize {
        self.section(DATA).0.len()
    }

    /// The octets of everything but code, data, and what is for tools alone.
    pub(super) fn rest(&self) -> usize {
        let is_rest = |section: &&Section<'_>| !matches!(section.id, CUSTOM | CODE | DATA);
        self.sections.iter().filter(is_rest).map(|section| section.octets.len()).sum()
    }

    /// The functions, largest first, by the names that the module gives them.
    pub(super) fn functions(&self) -> Result<Vec<Function>> {
        let names = self.names()?;
        let imported = self.imported_functions()?;
        let mut functions = Vec::new();
        for (index, body) in self.bodies()?.into_iter().enumerate() {
            let name =
                names.get(&(imported + index)).map_or_else(|| format!("function {index}"), |name| readable(name));
            functions.push(Function { name, octets: body.len() });
        }
        functions.sort_by_key(|function| std::cmp::Reverse(function.octets));
        Ok(functions)
    }

    /// The module with an instruction to trap in the place of every function that only tells of a panic, and with nothing in the
    /// place of what it would say: nobody reads that, and what it is made of goes with it.
    pub(super) fn without_panics(&self) -> Result<Vec<u8>> {
        /// No locals, `unreachable`, `end`.
        const TRAP: &[u8] = &[0, 0, 0x0B];
        let (names, imported) = (self.names()?, self.imported_functions()?);
        let bodies = self.bodies()?;
        let mut code = Vec::new();
        write_number(&mut code, bodies.len());
        for (index, body) in bodies.into_iter().enumerate() {
            let tells = names.get(&(imported + index)).is_some_and(|name| tells_of_a_panic(name));
            let body = if tells { TRAP } else { body };
            write_number(&mut code, body.len());
            code.extend_from_slice(body);
        }
        let data = without_texts(self.section(DATA).0);
        let sections = self.sections.iter();
        Ok(written(sections.map(|section| {
            let octets: &[u8] = match section.id {
                CODE => &code,
                DATA => &data,
                _ => section.octets,
            };
            (section.id, octets)
        })))
    }

    /// The module without what is for tools alone.
    pub(super) fn stripped(&self) -> Vec<u8> {
        let kept = self.sections.iter().filter(|section| section.id != CUSTOM);
        written(kept.map(|section| (section.id, section.octets)))
    }

    fn bodies(&self) -> Result<Vec<&'m [u8]>> {
        let mut code = self.section(CODE);
        (0..code.number()?).map(|_| code.sized()).collect()
    }

    fn imported_functions(&self) -> Result<usize> {
        let mut imports = self.section(IMPORT);
        match imports.number()? {
            0 => Ok(0),
            _ => bail!("the module asks for functions; nobody would give it any"),
        }
    }

    /// Names by the functions' numbers.
    fn names(&self) -> Result<BTreeMap<usize, &'m str>> {
        const FUNCTION_NAMES: u8 = 1;
        let mut names = BTreeMap::new();
        let Some(section) = self.sections.iter().find(|section| section.name == "name") else { return Ok(names) };
        let mut rest = Octets(section.octets);
        rest.sized()?;
        while !rest.0.is_empty() {
            let id = rest.octet()?;
            let mut entries = Octets(rest.sized()?);
            if id == FUNCTION_NAMES {
                for _ in 0..entries.number()? {
                    names.insert(entries.number()?, std::str::from_utf8(entries.sized()?)?);
                }
            }
        }
        Ok(names)
    }
}

/// Whether a function, by its mangled name, does nothing but tell of a panic and end.
fn tells_of_a_panic(name: &str) -> bool {
    const TELLERS: [&str; 9] = [
        "4core9panicking",
        "3std9panicking",
        "rust_begin_unwind",
        "unwrap_failed",
        "expect_failed",
        "raw_vec12handle_error",
        "capacity_overflow",
        "handle_alloc_error",
        "_fail",
    ];
    TELLERS.iter().any(|teller| name.contains(teller))
}

/// Data without the texts of std and chrono that only panics say, and the digits that only formatting writes, which modules do not.
fn without_texts(data: &[u8]) -> Vec<u8> {
    const TEXTS: [&str; 14] = [
        "index out of bounds: the len is ",
        " but the index is ",
        "insertion index (is ",
        ") should be <= len (is ",
        "capacity overflow",
        "called `Result::unwrap()` on an `Err` value",
        "called `Option::unwrap()` on a `None` value",
        "Once instance has previously been poisoned",
        "one-time initialization may not be performed recursively",
        "internal error: entered unreachable code: invalid Once state",
        "TimeDelta::milliseconds out of bounds",
        "TimeDelta::minutes out of bounds",
        "LayoutError",
        "<redacted>",
    ];
    let digits: String =
        (0..100_u8).flat_map(|number| [number / 10, number % 10]).map(|digit| char::from(b'0' + digit)).collect();
    let mut data = data.to_vec();
    for text in TEXTS.into_iter().chain([digits.as_str()]) {
        while let Some(at) = find(&data, text.as_bytes()) {
            data[at..at + text.len()].fill(0);
        }
    }
    // The places of panics in std's own files.
    while let Some(at) = find(&data, b"/rustc/") {
        let length = find(&data[at..], b".rs").map_or(1, |end| end + 3);
        data[at..at + length].fill(0);
    }
    data
}

fn find(data: &[u8], text: &[u8]) -> Option<usize> {
    data.windows(text.len()).position(|window| window == text)
}

/// A name without what makes it unique.
fn readable(mangled: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(mangled));
    name.chars().take(100).collect()
}

/// What is still to be read.
struct Octets<'m>(&'m [u8]);

impl<'m> Octets<'m> {
    fn octet(&mut self) -> Result<u8> {
        let (first, rest) = self.0.split_first().context("the module ends too early")?;
        self.0 = rest;
        Ok(*first)
    }

    /// A number in LEB128.
    fn number(&mut self) -> Result<usize> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let octet = self.octet()?;
            number |= usize::from(octet & 0x7F) << shift;
            if octet < 0x80 {
                return Ok(number);
            }
        }
        bail!("a number of the module has no end")
    }

    /// Octets that follow their number.
    fn sized(&mut self) -> Result<&'m [u8]> {
        let length = self.number()?;
        let (first, rest) = self.0.split_at_checked(length).context("the module ends too early")?;
        self.0 = rest;
        Ok(first)
    }
}

fn written<'m>(sections: impl Iterator<Item = (u8, &'m [u8])>) -> Vec<u8> {
    let mut module = HEAD.to_vec();
    for (id, octets) in sections {
        module.push(id);
        write_number(&mut module, octets.len());
        module.extend_from_slice(octets);
    }
    module
}

fn write_number(module: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        module.push(u8::try_from(number & 0x7F).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    module.push(u8::try_from(number).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two functions without parameters: `f` does nothing, `core::panicking::panic` loops.
    fn module() -> Vec<u8> {
        let panic = b"_RNvNtCs1_4core9panicking5panic";
        let mut names = vec![2, 0, 1, b'f', 1, u8::try_from(panic.len()).unwrap()];
        names.extend(panic);
        let mut custom = b"\x04name\x01".to_vec();
        custom.push(u8::try_from(names.len()).unwrap());
        custom.extend(names);
        let sections: [(u8, &[u8]); 4] = [
            (1, &[1, 0x60, 0, 0]),
            (3, &[2, 0, 0]),
            (CODE, &[2, 2, 0, 0x0B, 7, 0, 3, 0x40, 0x0C, 0, 0x0B, 0x0B]),
            (CUSTOM, &custom),
        ];
        written(sections.into_iter())
    }

    #[test]
    fn what_tells_of_a_panic_traps_instead() {
        let module = module();
        let before: Vec<_> = Binary::read(&module).unwrap().functions().unwrap();
        assert_eq!(before.iter().map(|function| function.octets).collect::<Vec<_>>(), [7, 2]);
        let after = Binary::read(&module).unwrap().without_panics().unwrap();
        let after = Binary::read(&after).unwrap().functions().unwrap();
        let after: Vec<_> = after.iter().map(|function| (function.name.as_str(), function.octets)).collect();
        assert_eq!(after, [("core::panicking::panic", 3), ("f", 2)]);
        let stripped = Binary::read(&module).unwrap().stripped();
        assert_eq!(Binary::read(&stripped).unwrap().functions().unwrap()[0].name, "function 1");
    }

    #[test]
    fn what_panics_would_say_is_blank_and_the_rest_stays() {
        let data = b"tiposcapacity overflow/rustc/59/library/alloc/src/sync.rsareas";
        let blank = without_texts(data);
        assert_eq!(blank.len(), data.len());
        assert_eq!(blank.iter().filter(|octet| **octet != 0).copied().collect::<Vec<_>>(), b"tiposareas");
    }

    #[test]
    fn what_ends_too_early_is_no_module() {
        let module = module();
        assert!(Binary::read(&module[..module.len() - 1]).is_err());
        assert!(Binary::read(b"\0asm").is_err());
    }
}
