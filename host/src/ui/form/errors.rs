//! What is wrong, told next to its control and in a summary.

use super::{Control, Form, Kind};
use crate::domain::fields::Violation;

/// Words that a sentence made from the schema begins with. Others are whole sentences.
const VERBS: [&str; 7] = ["must", "is", "has", "does", "belongs", "was", "looks"];

/// Puts each violation next to its control. Returns those that have none.
pub(super) fn attach(form: &mut Form, violations: &[Violation]) -> Vec<Violation> {
    let mut leftovers = Vec::new();
    for violation in violations {
        match form.controls.iter_mut().find_map(|control| place(control, violation)) {
            Some((control, sentence)) => {
                if !control.errors.contains(&sentence) {
                    control.errors.push(sentence);
                }
            }
            None => leftovers.push(violation.clone()),
        }
    }
    leftovers
}

/// The sentence for this control, where the violation is of it.
fn place<'a>(control: &'a mut Control, violation: &Violation) -> Option<(&'a mut Control, String)> {
    let rest = violation.pointer.strip_prefix(&control.pointer)?;
    let sentence = match rest.strip_prefix('/') {
        None if rest.is_empty() => begin(&violation.message),
        Some(index) if control.kind == Kind::List => {
            let number = index.parse::<usize>().ok()? + 1;
            match begins_with_verb(&violation.message) {
                true => format!("Item {number} {}", violation.message),
                false => format!("Item {number}: {}", violation.message),
            }
        }
        _ => return None,
    };
    Some((control, sentence))
}

/// For the list on top of a form: the id of the control, and a sentence with the field's title.
pub fn summary(form: &Form, leftovers: &[Violation]) -> Vec<(Option<String>, String)> {
    let of_controls = form.controls.iter().flat_map(|control| {
        control.errors.iter().map(|error| (Some(control.id.clone()), about(&control.title, &lower(error))))
    });
    of_controls.chain(leftovers.iter().map(|violation| about_leftover(form, violation))).collect()
}

fn about_leftover(form: &Form, violation: &Violation) -> (Option<String>, String) {
    let below = format!("{}/", violation.pointer);
    // A nested object has no control of its own; its first one has its title.
    let first = form.controls.iter().find(|control| control.pointer.starts_with(&below));
    match first {
        _ if violation.pointer.is_empty() => (None, begin(&violation.message)),
        Some(Control { id, group: Some(group), .. }) => (Some(id.clone()), about(group, &violation.message)),
        _ => (None, about(&violation.pointer, &violation.message)),
    }
}

fn about(title: &str, message: &str) -> String {
    match begins_with_verb(message) || message.starts_with("item ") {
        true => format!("{title} {message}"),
        false => format!("{title}: {message}"),
    }
}

fn begins_with_verb(message: &str) -> bool {
    message.split(' ').next().is_some_and(|word| VERBS.contains(&word))
}

/// With a capital first letter.
fn begin(message: &str) -> String {
    let mut chars = message.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Back to the sentence that a title can stand before.
fn lower(error: &str) -> String {
    let mut chars = error.chars();
    let lower: String =
        chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default();
    if begins_with_verb(&lower) || lower.starts_with("item ") { lower } else { error.to_owned() }
}
