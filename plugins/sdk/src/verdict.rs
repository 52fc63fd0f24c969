//! Verdicts, the way an author writes them.

use crate::{Acceptance, Account, Doubt, Failure, Rejection, Verdict};

impl Verdict {
    /// The application accepted the credential.
    pub fn valid() -> Self {
        Self::Valid(Acceptance {
            account: None,
            scopes: Vec::new(),
            missing_scopes: Vec::new(),
            expires_at: None,
            extra: Vec::new(),
        })
    }

    /// The application refused it; trying again unchanged is useless. Reasons: `rejected`, `expired`,
    /// `revoked`, `locked`, `insufficient-scope`, `wrong-destination`. The message is one sentence for
    /// the person who typed the credential.
    pub fn invalid(reason: &str, message: impl Into<String>) -> Self {
        Self::Invalid(Rejection {
            reason: reason.to_owned(),
            message: message.into(),
            field: None,
            extra: Vec::new(),
        })
    }

    /// Nobody can say; trying again later may help. Reasons: `provider-error`, `unreachable`,
    /// `rate-limited`, `unsupported`.
    pub fn undecided(reason: &str, message: impl Into<String>) -> Self {
        Self::Undecided(Doubt {
            reason: reason.to_owned(),
            message: message.into(),
            retry_after: None,
            extra: Vec::new(),
        })
    }

    /// Who the credential turned out to be: a stable id at the application and a name for people.
    /// Changes a `valid` verdict only.
    pub fn account(mut self, id: impl Into<String>, label: impl Into<String>) -> Self {
        if let Self::Valid(acceptance) = &mut self {
            acceptance.account = Some(Account { id: id.into(), label: label.into() });
        }
        self
    }

    /// What the credential may do, in the application's own words. Changes a `valid` verdict only.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        if let Self::Valid(acceptance) = &mut self {
            acceptance.scopes = scopes.into_iter().map(Into::into).collect();
        }
        self
    }

    /// JSON Pointer of the field to correct. Changes an `invalid` verdict only.
    pub fn field(mut self, pointer: &str) -> Self {
        if let Self::Invalid(rejection) = &mut self {
            rejection.field = Some(pointer.to_owned());
        }
        self
    }

    /// When to try again, in seconds, where the application said so. Changes an `undecided` verdict only.
    pub fn retry_after(mut self, seconds: Option<u32>) -> Self {
        if let Self::Undecided(doubt) = &mut self {
            doubt.retry_after = seconds;
        }
        self
    }
}

/// A failed exchange says nothing about the credential: all of them are `undecided`. What the host
/// refused because of the plugin it reports itself, whatever the verdict.
impl From<Failure> for Verdict {
    fn from(failure: Failure) -> Self {
        let (reason, message) = match failure.kind.as_str() {
            "dns" => ("unreachable", "The host name of the application was not found."),
            "unreachable" => ("unreachable", "The application cannot be reached."),
            "timeout" => ("unreachable", "The application did not answer in time."),
            "tls-expired" => ("unreachable", "The application's certificate has expired."),
            "tls-name" => ("unreachable", "The application's certificate is for another host name."),
            "tls-untrusted" => ("unreachable", "The application's certificate is not trusted."),
            "tls-protocol" => ("unreachable", "No secure connection to the application could be made."),
            "too-large" => ("provider-error", "The application's answer is too large."),
            "protocol" => ("provider-error", "The application's answer is not HTTP."),
            _ => ("provider-error", "The application could not be asked."),
        };
        Self::undecided(reason, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_the_network_are_never_about_the_credential() {
        for (kind, reason) in [
            ("dns", "unreachable"),
            ("unreachable", "unreachable"),
            ("timeout", "unreachable"),
            ("tls-expired", "unreachable"),
            ("tls-untrusted", "unreachable"),
            ("protocol", "provider-error"),
            ("added-later", "provider-error"),
        ] {
            let failure = Failure { kind: kind.into(), message: String::new(), extra: Vec::new() };
            let Verdict::Undecided(doubt) = Verdict::from(failure) else { panic!("{kind}") };
            assert_eq!(doubt.reason, reason, "{kind}");
        }
    }

    #[test]
    fn details_go_only_where_they_belong() {
        assert_eq!(Verdict::valid().field("/x").retry_after(Some(1)), Verdict::valid());
        let rejection = Verdict::invalid("rejected", "No.").account("1", "x");
        assert_eq!(rejection, Verdict::invalid("rejected", "No."));
        let Verdict::Undecided(doubt) = Verdict::undecided("rate-limited", "Wait.").retry_after(Some(7))
        else {
            panic!()
        };
        assert_eq!(doubt.retry_after, Some(7));
    }
}
