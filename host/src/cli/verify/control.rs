//! Wrong secrets that look like the right ones: whoever accepts them does not check.

use crate::domain::clock::{Entropy, random_array};
use crate::domain::descriptor::Descriptor;
use crate::domain::fields::Fields;

const CLASSES: [&[u8]; 3] = [b"0123456789", b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/// What a secret without a letter or digit is changed into.
const MARKS: &[u8] = b"!#$*+-._~";

/// The fields with every secret replaced by another of the same length and character classes; none when
/// there is no secret.
pub(super) fn falsify(descriptor: &Descriptor, fields: &Fields, entropy: &dyn Entropy) -> Option<Fields> {
    let mut wrong = fields.clone();
    let mut count = 0;
    for pointer in descriptor.schema.secrets_in(fields) {
        if let Some(secret) = fields.secret(&pointer)
            && wrong.replace(&pointer, vary(secret.expose(), entropy))
        {
            count += 1;
        }
    }
    (count > 0).then_some(wrong)
}

/// Another text: digits for digits, letters for letters of the same case, the rest as it is.
fn vary(text: &str, entropy: &dyn Entropy) -> String {
    let has_class = |c: char| CLASSES.iter().any(|class| is_in(c, class));
    let only_marks = !text.chars().any(has_class);
    loop {
        let varied: String = text
            .chars()
            .map(|c| match CLASSES.iter().find(|class| is_in(c, class)) {
                Some(class) => draw(class, entropy),
                None if only_marks => draw(MARKS, entropy),
                None => c,
            })
            .collect();
        if varied != text || text.is_empty() {
            return varied;
        }
    }
}

fn is_in(c: char, class: &[u8]) -> bool {
    u8::try_from(c).is_ok_and(|byte| class.contains(&byte))
}

fn draw(class: &[u8], entropy: &dyn Entropy) -> char {
    // Not quite even, which does not matter for a guess that has to be wrong.
    let number = u64::from_be_bytes(random_array(entropy));
    char::from(class[usize::try_from(number % class.len() as u64).unwrap_or_default()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clock::SystemEntropy;

    #[test]
    fn wrong_secret_has_length_and_classes_of_the_right_one() {
        let shape = |text: &str| -> Vec<Option<usize>> {
            text.chars().map(|c| CLASSES.iter().position(|class| is_in(c, class))).collect()
        };
        for text in ["special-key", "A1b2-C3ü", "0", "sk_live_ABC"] {
            let wrong = vary(text, &SystemEntropy);
            assert_ne!(wrong, text);
            assert_eq!(shape(&wrong), shape(text));
            assert_eq!(wrong.len(), text.len());
        }
    }

    #[test]
    fn secret_without_letters_and_digits_is_changed_too() {
        assert_ne!(vary("--", &SystemEntropy), "--");
        assert_eq!(vary("", &SystemEntropy), "");
    }
}
