//! Between a form's values and the core.

use ticketing_core::{Checked, LabelFormat, Rules, Timestamp, Value, check_field, field::FIELDS, sla::Foreseen};

use crate::{
    tables,
    wire::{Answer, Buffers, FALSE, NOTHING, TRUE, length},
};

/// In an answer, the word of what the rules give a field that nobody has filled in.
const DEFAULT: u32 = 3;
/// In an answer, the word of a text; two more follow: how many characters were trimmed at its start and at its end.
const TEXT: u32 = 4;

/// Checks the values of all fields, in the table's order; says how many issues there are. Answers four words of each, the field's
/// row and the three of [`tables::problem_words`]; or, where there is none, what a ticket would hold in each field.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn validate(buffers: &mut Buffers, rules: &Rules, octets: usize) -> u32 {
    let (mut input, answer) = buffers.open(octets);
    let mut issues = 0;
    for (row, spec) in (0..).zip(&FIELDS) {
        let value = input.value();
        match check_field(spec.field, &value, rules) {
            Ok(checked) if issues == 0 => held(&value, checked, answer),
            Ok(_) => {}
            Err(problem) => {
                if issues == 0 {
                    answer.clear();
                }
                issues += 1;
                let [problem, first, second] = tables::problem_words(&problem);
                answer.words(&[row, problem, first, second]);
            }
        }
    }
    issues
}

fn held(given: &Value<'_>, checked: Checked<'_>, answer: &mut Answer) {
    let word = match checked {
        Checked::Absent => NOTHING,
        Checked::Flag(false) => FALSE,
        Checked::Flag(true) => TRUE,
        Checked::Default(_) => DEFAULT,
        Checked::Text(text) => {
            let mut margins = [0, 0];
            if let Value::Text(given) = given
                && given.len() > text.len()
            {
                // What was trimmed lies around what is left, in the same memory.
                let start = (text.as_ptr() as usize).wrapping_sub(given.as_ptr() as usize);
                let (start, rest) = given.as_bytes().split_at_checked(start).unwrap_or_default();
                margins = [characters(start), characters(rest.get(text.len()..).unwrap_or_default())];
            }
            let [start, end] = margins;
            return answer.words(&[TEXT, start, end]);
        }
    };
    answer.word(word);
}

/// How many characters white space is: one UTF-16 unit each, because none of it lies beyond the first plane.
fn characters(text: &[u8]) -> u32 {
    length(text.iter().filter(|octet| **octet & 0xC0 != 0x80).count())
}

/// Checks the value that a word stands for, of the field in a row of the table; says whether it is well. Else answers the three
/// words of [`tables::problem_words`].
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn validate_field(buffers: &mut Buffers, rules: &Rules, row: usize, word: u32, octets: usize) -> bool {
    let Some(spec) = FIELDS.get(row) else { return true };
    let (mut input, answer) = buffers.open(octets);
    match check_field(spec.field, &input.value_of(word), rules) {
        Ok(_) => true,
        Err(problem) => {
            answer.words(&tables::problem_words(&problem));
            false
        }
    }
}

/// What a ticket of these values would be promised at an instant, in milliseconds since the epoch; says whether there is a policy
/// for it. Answers that, and of the first response and the resolution each whether it is promised; then, two words each, in
/// milliseconds, the working time that is granted and the deadline, 0 for none.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn sla(buffers: &mut Buffers, rules: &Rules, octets: usize, now: f64) -> bool {
    let (mut input, answer) = buffers.open(octets);
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let now = Timestamp::from_unix_millis(now as i64);
    // Out of range, there is no deadline, as there is none so late.
    let now = now.unwrap_or(Timestamp::MAX);
    let Some(preview) = input.preview(rules, now) else { return false };
    answer.word(preview.policy);
    for foreseen in [preview.targets.first_response, preview.targets.resolution] {
        answer.word(foreseen.is_some().into());
        if let Some(Foreseen { total, due }) = foreseen {
            answer.wide(total.num_milliseconds());
            answer.wide(due.map_or(0, Timestamp::unix_millis));
        }
    }
    true
}

/// Reads a label that is all of the text, in the rules' format, without rules in the built-in one; says whether it is one.
/// Answers year, number, and the label in its canonical form.
#[cfg_attr(target_family = "wasm", unsafe(no_mangle))]
pub extern "C" fn parse_label(buffers: &mut Buffers, rules: Option<&Rules>, octets: usize) -> bool {
    let (mut input, answer) = buffers.open(octets);
    let built_in = LabelFormat::default();
    let Ok(label) = rules.map_or(&built_in, Rules::labels).parse(input.text(u32::MAX)) else { return false };
    answer.words(&[label.year().into(), label.number()]);
    answer.texts(&[label.write(&mut [0; 26])]);
    true
}
