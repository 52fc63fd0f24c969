//! Passwords: which are good enough, and how they are kept.
//!
//! Argon2id with 19 MiB of memory, two passes and one lane, the first choice of OWASP's Password Storage
//! Cheat Sheet (<https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>). The
//! parameters stand in each hash, so that they can be raised without losing the passwords of before.

use std::sync::Arc;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::domain::secret::Secret;
use crate::domain::user::{PasswordHash, UserName};

/// The fewest characters of a password: NIST SP 800-63B asks for 8 beside a second factor and for 15 where
/// it stands alone; 12 is between them, with the wait after failures.
pub const SHORTEST: usize = 12;

/// The most characters of a password; NIST SP 800-63B asks that 64 at least are taken.
pub const LONGEST: usize = 256;

/// Kibibytes, passes and lanes.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);

/// How many passwords are hashed at once: a flood of sign-ins takes 76 MiB at most, and waits.
const AT_ONCE: usize = 4;

/// A password that may not be chosen. A sentence for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    #[error("The password is too short: it needs at least {SHORTEST} characters.")]
    TooShort,
    #[error("The password is too long: it can have at most {LONGEST} characters.")]
    TooLong,
    #[error("The password must not be the sign-in name.")]
    IsName,
}

/// The hash could not be made: the machine has no memory for it, or the service is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a password could not be hashed; try again")]
pub struct HashingFailed;

/// Says whether a password may be chosen by the person of this name.
pub(super) fn check(password: &Secret, name: &UserName) -> Result<(), WeakPassword> {
    let password = normalised(password);
    match password.expose().chars().count() {
        count if count < SHORTEST => Err(WeakPassword::TooShort),
        count if count > LONGEST => Err(WeakPassword::TooLong),
        _ if password.expose().to_lowercase() == name.folded() => Err(WeakPassword::IsName),
        _ => Ok(()),
    }
}

/// The same text from every keyboard (NIST SP 800-63B: NFKC).
fn normalised(password: &Secret) -> Secret {
    // Nothing longer can be right, and no text is worth more work.
    Secret::new(password.expose().chars().take(LONGEST + 1).nfkc().collect::<String>())
}

/// Hashes passwords, a few at once.
#[derive(Clone)]
pub(super) struct Passwords {
    turns: Arc<Semaphore>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Passwords {
    /// The hash of a password that was chosen.
    pub(super) async fn hash(&self, password: Secret, salt: [u8; 16]) -> Result<PasswordHash, HashingFailed> {
        self.work(move || hash(&password, &salt)).await?
    }

    /// Whether the password is the one with this hash. Without a hash it is not, after as much work.
    pub(super) async fn matches(
        &self,
        password: Secret,
        stored: Option<PasswordHash>,
    ) -> Result<bool, HashingFailed> {
        self.work(move || match stored {
            Some(stored) => Ok(matches(&password, &stored)),
            None => hash(&password, &[0; 16]).map(|_| false),
        })
        .await?
    }

    /// Works on a thread where it holds up nobody, in turn. Who stops waiting keeps the turn until it ends.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashingFailed> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| HashingFailed)?;
        let work = move || {
            let _turn = turn;
            work()
        };
        tokio::task::spawn_blocking(work).await.map_err(|_| HashingFailed)
    }
}

fn hash(password: &Secret, salt: &[u8; 16]) -> Result<PasswordHash, HashingFailed> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None).map_err(|_| HashingFailed)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: phc::PasswordHash = argon2
        .hash_password_with_salt(normalised(password).expose().as_bytes(), salt)
        .map_err(|_| HashingFailed)?;
    Ok(PasswordHash::new(hash.to_string()))
}

fn matches(password: &Secret, stored: &PasswordHash) -> bool {
    // The parameters are those of the stored hash.
    Argon2::default().verify_password(normalised(password).expose().as_bytes(), stored.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    #[tokio::test]
    async fn a_password_matches_its_hash_alone() {
        let passwords = Passwords::default();
        let stored = passwords.hash(secret("correct horse battery"), [7; 16]).await.unwrap();
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", stored.as_str());
        for (text, expected) in
            [("correct horse battery", true), ("correct horse batterY", false), ("", false)]
        {
            assert_eq!(passwords.matches(secret(text), Some(stored.clone())).await, Ok(expected), "{text}");
        }
        let other = passwords.hash(secret("correct horse battery"), [8; 16]).await.unwrap();
        assert!(other != stored, "another salt gives another hash");
    }

    #[tokio::test]
    async fn nobody_s_password_matches_nothing() {
        let passwords = Passwords::default();
        assert_eq!(passwords.matches(secret("correct horse battery"), None).await, Ok(false));
        let damaged = PasswordHash::new("$argon2id$damaged".to_owned());
        assert_eq!(passwords.matches(secret("correct horse battery"), Some(damaged)).await, Ok(false));
    }

    #[tokio::test]
    async fn a_password_is_the_same_from_every_keyboard() {
        let passwords = Passwords::default();
        let stored = passwords.hash(secret("schl\u{fc}sselbrett"), [7; 16]).await.unwrap();
        assert_eq!(passwords.matches(secret("schlu\u{308}sselbrett"), Some(stored)).await, Ok(true));
    }

    #[tokio::test]
    async fn of_a_long_text_no_beginning_is_enough() {
        let passwords = Passwords::default();
        let longest = "x".repeat(LONGEST);
        let stored = passwords.hash(secret(&longest), [7; 16]).await.unwrap();
        assert_eq!(passwords.matches(secret(&longest), Some(stored.clone())).await, Ok(true));
        assert_eq!(passwords.matches(secret(&format!("{longest}y")), Some(stored)).await, Ok(false));
    }

    #[test]
    fn passwords_that_are_easily_guessed_are_refused() {
        let name = "Anna.Lee@Example.com".parse().unwrap();
        let told = |text: &str| check(&secret(text), &name).err();
        assert_eq!(told("11 letters."), Some(WeakPassword::TooShort));
        assert_eq!(told("ééééééééééé"), Some(WeakPassword::TooShort), "characters, not bytes");
        assert_eq!(told(&"x".repeat(257)), Some(WeakPassword::TooLong));
        assert_eq!(told("anna.LEE@example.com"), Some(WeakPassword::IsName));
        assert_eq!(told("12 letters.."), None);
        assert_eq!(told(&"x".repeat(256)), None);
    }
}
