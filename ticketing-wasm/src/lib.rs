//! The rules of `ticketing-core` for JavaScript: the same verdict, code and message that the server gives.
//!
//! Everything here is translation, from values that JavaScript has written (`wire.rs`) to the core and back. The functions are
//! for `js/index.js`, which has the interface that people use.

mod form;
mod names;
mod wire;

use std::cell::RefCell;

use ticketing_core::{LabelFormat, Locale, Problem, Rules, Timestamp, Violations, violation::JsonType};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::wire::{Reader, Writer};

/// A free list, for a module with few allocations at a time: what std brings is larger than most of the rules.
#[cfg(target_family = "wasm")]
#[global_allocator]
// SAFETY: wasm32-unknown-unknown has one thread.
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };

/// The buffers of one call; calls come one after the other.
#[derive(Default)]
struct Boundary {
    words: Vec<u32>,
    text: Vec<u8>,
    answer: Writer,
}

thread_local! {
    static BOUNDARY: RefCell<Boundary> = RefCell::default();
}

impl Boundary {
    /// Runs `work` on what JavaScript has written.
    fn with<T>(words: usize, octets: usize, work: impl FnOnce(Reader<'_>, &mut Writer) -> T) -> T {
        BOUNDARY.with_borrow_mut(|Self { words: tree, text, answer }| {
            let text = text.get(..octets).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
            work(Reader::new(tree.get(..words).unwrap_or_default(), text), answer)
        })
    }

    /// Runs `work`, which answers; returns where the answer is.
    fn answering(words: usize, octets: usize, work: impl FnOnce(Reader<'_>, &mut Writer)) -> usize {
        Self::with(words, octets, |input, answer| {
            answer.begin();
            work(input, answer);
            answer.end()
        })
    }
}

/// Makes room for words and octets that JavaScript writes; `false` where there is none. Their places ([`words_in`],
/// [`text_in`]) hold until the next call of this function.
#[wasm_bindgen]
pub fn reserve(words: usize, octets: usize) -> bool {
    fn grow<T: Clone + Default>(buffer: &mut Vec<T>, length: usize) -> bool {
        let missing = length.saturating_sub(buffer.len());
        let has_room = buffer.try_reserve(missing).is_ok();
        if has_room && missing > 0 {
            buffer.resize(length, T::default());
        }
        has_room
    }
    BOUNDARY.with_borrow_mut(|boundary| grow(&mut boundary.words, words) && grow(&mut boundary.text, octets))
}

/// Where JavaScript writes words.
#[wasm_bindgen(js_name = wordsIn)]
pub fn words_in() -> usize {
    BOUNDARY.with_borrow(|boundary| boundary.words.as_ptr() as usize)
}

/// Where JavaScript writes text.
#[wasm_bindgen(js_name = textIn)]
pub fn text_in() -> usize {
    BOUNDARY.with_borrow(|boundary| boundary.text.as_ptr() as usize)
}

/// Answers the names that cross as numbers.
#[wasm_bindgen]
pub fn names() -> usize {
    Boundary::answering(0, 0, |_, answer| {
        answer.list(names::NAMES.len());
        for name in names::NAMES {
            answer.text(name);
        }
    })
}

/// Answers the parts of a label as a person typed it, or nothing.
#[wasm_bindgen(js_name = parseLabel)]
pub fn parse_label(words: usize, octets: usize) -> usize {
    Boundary::answering(words, octets, |mut input, answer| {
        form::label(&LabelFormat::default(), &input.value(), answer);
    })
}

/// Answers why the last rules were none.
#[wasm_bindgen]
pub fn complaint() -> usize {
    Boundary::with(0, 0, |_, answer| answer.end())
}

/// Rules and a language.
#[wasm_bindgen]
pub struct Validator {
    rules: Rules,
    locale: Locale,
}

#[wasm_bindgen]
impl Validator {
    /// Of the language's tag and the rules, which may be nothing. Why there is no validator, [`complaint`] answers.
    pub fn create(words: usize, octets: usize) -> Option<Self> {
        Boundary::with(words, octets, |mut input, answer| {
            let locale = form::locale(&input.value());
            match form::rules(input) {
                Ok(rules) => Some(Self { rules, locale }),
                Err(message) => {
                    answer.begin();
                    answer.text(&message);
                    None
                }
            }
        })
    }

    /// Puts messages into the language of a tag.
    #[wasm_bindgen(js_name = setLocale)]
    pub fn set_locale(&mut self, words: usize, octets: usize) {
        self.locale = Boundary::with(words, octets, |mut input, _| form::locale(&input.value()));
    }

    /// Answers the language's code and the rules' hash.
    pub fn identity(&self) -> usize {
        Boundary::answering(0, 0, |_, answer| {
            answer.list(2);
            answer.text(self.locale.code());
            answer.text(&self.rules.hash().to_string());
        })
    }

    /// Checks the values of all fields, in the table's order; answers each field's value after normalisation, or the issues.
    pub fn validate(&self, words: usize, octets: usize) -> usize {
        Boundary::answering(words, octets, |mut input, answer| {
            let draft = form::draft(&mut input);
            match draft.validate(&self.rules) {
                Ok(ticket) => form::ticket(&draft, &ticket, answer),
                Err(violations) => form::issues(&violations, self.locale, answer),
            }
        })
    }

    /// The issue of a form that is no object.
    #[wasm_bindgen(js_name = notAForm)]
    pub fn not_a_form(&self) -> usize {
        Boundary::answering(0, 0, |_, answer| {
            form::issues(&Violations::of("", Problem::WrongType { expected: JsonType::Object }), self.locale, answer);
        })
    }

    /// Checks the value of one field, by its row in the table; answers its issue, or that all is well.
    #[wasm_bindgen(js_name = validateField)]
    pub fn validate_field(&self, row: usize, words: usize, octets: usize) -> usize {
        Boundary::answering(words, octets, |mut input, answer| match form::check(row, input.value(), &self.rules) {
            None => answer.well(),
            Some(violation) => form::issue(&violation, self.locale, answer),
        })
    }

    /// Answers what a form needs to know of each field.
    pub fn fields(&self) -> usize {
        Boundary::answering(0, 0, |_, answer| form::fields(&self.rules, self.locale, answer))
    }

    /// Answers what a ticket of a type, priority, category and area would be promised at an instant, in milliseconds since
    /// the epoch.
    pub fn sla(&self, words: usize, octets: usize, now: f64) -> usize {
        Boundary::answering(words, octets, |mut input, answer| {
            #[expect(clippy::cast_possible_truncation, reason = "saturates; what is out of range has no deadline")]
            let now = Timestamp::from_unix_millis(now as i64).ok();
            form::sla(&mut input, &self.rules, now, answer);
        })
    }

    /// Answers the parts of a label in these rules' format, or nothing.
    #[wasm_bindgen(js_name = parseLabel)]
    pub fn parse_label(&self, words: usize, octets: usize) -> usize {
        Boundary::answering(words, octets, |mut input, answer| form::label(self.rules.labels(), &input.value(), answer))
    }
}
