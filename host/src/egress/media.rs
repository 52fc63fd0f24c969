//! Media types, as far as bodies with sealed values are concerned (RFC 9110, section 8.3.1).

/// A `content-type`.
pub(super) struct MediaType {
    /// Type and subtype in lower case.
    essence: String,
    /// In lower case, without quotes.
    charset: Option<String>,
}

impl MediaType {
    /// Reads a header's value. Nonsense is a type that is neither JSON nor a form.
    pub(super) fn parse(value: &str) -> Self {
        let mut parts = value.split(';').map(str::trim);
        let essence = parts.next().unwrap_or_default().to_ascii_lowercase();
        let charset = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            let is_charset = name.trim().eq_ignore_ascii_case("charset");
            is_charset.then(|| value.trim().trim_matches('"').to_ascii_lowercase())
        });
        Self { essence, charset }
    }

    /// `application/json` or a type with the suffix `+json` (RFC 6839, section 3.1).
    pub(super) fn is_json(&self) -> bool {
        self.essence == "application/json" || self.essence == "text/json" || self.essence.ends_with("+json")
    }

    /// `application/x-www-form-urlencoded`.
    pub(super) fn is_form(&self) -> bool {
        self.essence == "application/x-www-form-urlencoded"
    }

    /// Whether no other character set than UTF-8 is announced.
    pub(super) fn is_utf8(&self) -> bool {
        self.charset.as_deref().is_none_or(|charset| matches!(charset, "utf-8" | "utf8"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_apart_whatever_their_case_and_parameters() {
        let json = MediaType::parse("Application/JSON; x=y; Charset=\"UTF-8\"");
        assert!(json.is_json() && json.is_utf8() && !json.is_form());
        assert!(MediaType::parse("application/problem+json").is_json());
        assert!(MediaType::parse("application/x-www-form-urlencoded").is_form());
        assert!(!MediaType::parse("application/json;charset=utf-16").is_utf8());
        for nonsense in ["", ";", "json", "application/jsonp", "text/plain; application/json"] {
            assert!(!MediaType::parse(nonsense).is_json(), "{nonsense}");
        }
    }
}
