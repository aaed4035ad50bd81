//! What crosses the boundary: words (numbers of 32 bits) and one text, each way, in buffers that JavaScript reads and writes in
//! place.
//!
//! Neither side says what a word means: both know the order. The text holds all texts one after the other; the words have the
//! octets of each.
//!
//! A form's value is one word:
//!
//! | word | value |
//! |---|---|
//! | 0 | nothing, or null |
//! | 1, 2 | `false`, `true` |
//! | 3 | a text with half a surrogate pair, which is not in the text |
//! | 4 | of another type |
//! | from 8 | a text; eight less is its octets |

use ticketing_core::{Rules, Timestamp, Value, sla::Preview, ticket::Origin};

/// The word of nothing.
pub(crate) const NOTHING: u32 = 0;
/// The word of `false`.
pub(crate) const FALSE: u32 = 1;
/// The word of `true`.
pub(crate) const TRUE: u32 = 2;
const LONE_SURROGATE: u32 = 3;
/// The word of an empty text.
const TEXT: u32 = 8;

/// The buffers, which JavaScript asks for once and hands to every function. Calls come one after the other.
#[derive(Default)]
pub struct Buffers {
    words: Vec<u32>,
    text: Vec<u8>,
    answer: Answer,
}

/// Empty buffers.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn buffers() -> Box<Buffers> {
    Box::default()
}

/// Makes room for words and octets; answers whether there was. What is written stays. The places of both hold until the next
/// call of this function.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn reserve(buffers: &mut Buffers, words: usize, octets: usize) -> bool {
    fn grow<T: Clone + Default>(buffer: &mut Vec<T>, length: usize) -> bool {
        let missing = length.saturating_sub(buffer.len());
        let has_room = buffer.try_reserve_exact(missing).is_ok();
        if has_room && missing > 0 {
            buffer.resize(length, T::default());
        }
        has_room
    }
    grow(&mut buffers.words, words) && grow(&mut buffers.text, octets)
}

/// Where JavaScript writes words.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn words_in(buffers: &Buffers) -> *const u32 {
    buffers.words.as_ptr()
}

/// Where JavaScript writes text.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn text_in(buffers: &Buffers) -> *const u8 {
    buffers.text.as_ptr()
}

/// Where JavaScript reads the answer; it holds until the next call of any function.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn answer(buffers: &Buffers) -> *const u32 {
    buffers.answer.words.as_ptr()
}

impl Buffers {
    /// What JavaScript has written, so many octets of text, and an empty answer.
    pub(crate) fn open(&mut self, octets: usize) -> (Input<'_>, &mut Answer) {
        let Self { words, text, answer } = self;
        answer.clear();
        (Input::new(words, text, octets), answer)
    }
}

/// What JavaScript has written.
pub(crate) struct Input<'a> {
    words: &'a [u32],
    text: &'a str,
}

impl<'a> Input<'a> {
    #[inline(never)]
    fn new(words: &'a [u32], text: &'a [u8], octets: usize) -> Self {
        let text = text.get(..octets).unwrap_or_default();
        debug_assert!(core::str::from_utf8(text).is_ok());
        // SAFETY: JavaScript, which is trusted with where the buffers are too, has encoded what it says to have written.
        Self { words, text: unsafe { core::str::from_utf8_unchecked(text) } }
    }

    /// The next word; behind the last, which JavaScript does not ask to be read, nothing.
    #[inline(never)]
    pub(crate) fn word(&mut self) -> u32 {
        let Some((first, rest)) = self.words.split_first() else { return NOTHING };
        self.words = rest;
        *first
    }

    /// The next two words as one number, the lower half first.
    pub(crate) fn wide(&mut self) -> i64 {
        let (low, high) = (self.word(), self.word());
        (u64::from(high) << 32 | u64::from(low)).cast_signed()
    }

    /// So much of the text as comes next; all of it where it has less.
    #[inline(never)]
    pub(crate) fn text(&mut self, octets: u32) -> &'a str {
        let (first, rest) = self.text.split_at_checked(octets as usize).unwrap_or((self.text, ""));
        self.text = rest;
        first
    }

    /// What a ticket of the values in [`ticketing_core::PROMISED`] would be promised.
    pub(crate) fn preview(&mut self, rules: &Rules, now: Timestamp) -> Option<Preview> {
        let (ticket_type, priority, category, area) = (self.value(), self.value(), self.value(), self.value());
        ticketing_core::preview([&ticket_type, &priority, &category, &area], rules, Origin::Other, now)
    }

    /// The next value of a form.
    pub(crate) fn value(&mut self) -> Value<'a> {
        let word = self.word();
        self.value_of(word)
    }

    /// The value of a word.
    pub(crate) fn value_of(&mut self, word: u32) -> Value<'a> {
        match word {
            NOTHING => Value::Absent,
            FALSE => Value::Flag(false),
            TRUE => Value::Flag(true),
            LONE_SURROGATE => Value::LoneSurrogate,
            _ => match word.checked_sub(TEXT) {
                Some(octets) => Value::from(self.text(octets)),
                None => Value::Other,
            },
        }
    }
}

/// What JavaScript reads.
#[derive(Default)]
pub(crate) struct Answer {
    words: Vec<u32>,
    text: Vec<u8>,
}

impl Answer {
    pub(crate) fn clear(&mut self) {
        self.words.clear();
        self.text.clear();
    }

    #[inline(never)]
    pub(crate) fn words(&mut self, words: &[u32]) {
        self.words.extend_from_slice(words);
    }

    pub(crate) fn word(&mut self, word: u32) {
        self.words(&[word]);
    }

    /// A number as two words, the lower half first.
    pub(crate) fn wide(&mut self, number: i64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the two halves")]
        self.words(&[number as u32, (number >> 32) as u32]);
    }

    /// Texts: their number, where they are, and the octets of each.
    pub(crate) fn texts<T: AsRef<[u8]>>(&mut self, texts: &[T]) {
        for text in texts {
            self.text.extend_from_slice(text.as_ref());
        }
        self.words(&[length(texts.len()), length(self.text.as_ptr() as usize)]);
        for text in texts {
            self.word(length(text.as_ref().len()));
        }
    }
}

/// A count, length or place as a word. None is as large as not to fit: the module's memory ends before.
pub(crate) fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_their_words_say() {
        let words = [TEXT + 1, TEXT + 6, TRUE, FALSE, TEXT, TEXT + 5, LONE_SURROGATE, 4];
        let mut input = Input::new(&words, "aé🦀b🦀".as_bytes(), 12);
        let mut next = || input.value();
        assert_eq!((next(), next()), (Value::from("a"), Value::from("é🦀")));
        assert_eq!((next(), next(), next()), (Value::Flag(true), Value::Flag(false), Value::from("")));
        assert_eq!((next(), next()), (Value::from("b🦀"), Value::LoneSurrogate));
        assert_eq!((next(), next(), next()), (Value::Other, Value::Absent, Value::Absent));
    }

    #[test]
    fn words_that_fit_no_text_take_what_there_is() {
        for octets in [TEXT + 1, u32::MAX] {
            assert_eq!(Input::new(&[octets], "é".as_bytes(), 2).value(), Value::from("é"));
        }
    }
}
