//! The URL's query, read strictly: an unknown or repeated parameter is refused, since a mistyped
//! `dry_run` would otherwise save a credential.

use axum::extract::FromRequestParts;
use http::request::Parts;

use super::Api;
use super::error::Kind;
use super::problem::Problem;

/// Parameters of the query.
pub(super) struct Parameters<T>(pub(super) T);

/// What can be read from a query.
pub(super) trait FromQuery: Sized {
    /// Names of its parameters.
    const KNOWN: &'static [&'static str];

    /// # Errors
    /// A value that a parameter cannot have.
    fn read(query: &Query) -> Result<Self, Problem>;
}

/// For paths that take no parameters.
pub(super) struct Nothing;

impl FromQuery for Nothing {
    const KNOWN: &'static [&'static str] = &[];
    fn read(_: &Query) -> Result<Self, Problem> {
        Ok(Self)
    }
}

/// The decoded pairs of a query, each name once.
pub(super) struct Query(Vec<(String, String)>);

impl<T: FromQuery> FromRequestParts<Api> for Parameters<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        T::read(&Query::parse(parts.uri.query().unwrap_or_default(), T::KNOWN)?).map(Self)
    }
}

impl Query {
    fn parse(text: &str, known: &[&str]) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            if !known.contains(&&*name) {
                let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                let detail = format!("The parameter `{name}` is not known here; known ones: {known}.");
                return Err(Problem::new(Kind::QueryInvalid, detail).with("parameter", name));
            }
            if pairs.iter().any(|(given, _)| *given == name) {
                return Err(refuse(&name, "may stand in the URL only once"));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// A flag; false when absent.
    ///
    /// # Errors
    /// Anything but `true` and `false`.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(refuse(name, "must be `true` or `false`")),
        }
    }
}

/// A parameter with a value that it cannot have.
pub(super) fn refuse(name: &str, message: &str) -> Problem {
    Problem::new(Kind::QueryInvalid, format!("The parameter `{name}` {message}.")).with("parameter", name)
}
