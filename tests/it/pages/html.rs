//! A page as a browser reads it: by the tokenizer of the HTML standard.

use std::cell::RefCell;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// A page's elements in their order, and its text.
#[derive(Clone, Debug, Default)]
pub struct Html {
    pub elements: Vec<Element>,
    /// What stands between the tags, all of it; entities are read.
    pub text: String,
}

/// An element with the text that follows its start tag, up to its own end tag.
#[derive(Clone, Debug, Default)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    /// Where in the page's text it begins and ends.
    span: (usize, usize),
    /// Position after its last descendant in the page's elements.
    end: usize,
}

/// The form with an action, and the pairs that it would post untouched.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub pairs: Vec<(String, String)>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

impl Html {
    pub fn parse(text: &str) -> Self {
        let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
        let input = BufferQueue::default();
        input.push_back(text.into());
        let _ = tokenizer.feed(&input);
        tokenizer.end();
        let Reading { mut page, open } = tokenizer.sink.0.into_inner();
        for at in open {
            page.close(at);
        }
        page
    }

    fn close(&mut self, at: usize) {
        let (text, end) = (self.text.len(), self.elements.len());
        self.elements[at].span.1 = text;
        self.elements[at].end = end;
    }

    /// The text inside an element.
    pub fn text_of(&self, element: &Element) -> &str {
        &self.text[element.span.0..element.span.1]
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.elements.iter().filter(move |element| element.name == name)
    }

    pub fn title(&self) -> &str {
        self.all("title").next().map_or("", |title| self.text_of(title))
    }

    /// Where links of the page lead to.
    pub fn links(&self) -> Vec<&str> {
        self.all("a").filter_map(|link| link.attribute("href")).collect()
    }

    /// What buttons and links with the look of buttons say.
    pub fn buttons(&self) -> Vec<&str> {
        let is_button = |element: &&Element| {
            element.name == "button"
                || element
                    .attribute("class")
                    .is_some_and(|class| class.split(' ').any(|word| word == "button"))
        };
        self.elements.iter().filter(is_button).map(|element| self.text_of(element).trim()).collect()
    }

    /// The value of the first control with this name; what is chosen of a select, what stands in a text area.
    pub fn value(&self, name: &str) -> Option<String> {
        let at = self.elements.iter().position(|element| element.attribute("name") == Some(name))?;
        self.value_at(at)
    }

    /// The value of the first control with this name inside an element.
    pub fn value_in(&self, outer: &Element, name: &str) -> Option<String> {
        let begin = self.elements.iter().position(|element| std::ptr::eq(element, outer))?;
        let mut inside = begin..outer.end;
        inside.find(|at| self.elements[*at].attribute("name") == Some(name)).and_then(|at| self.value_at(at))
    }

    fn value_at(&self, at: usize) -> Option<String> {
        let element = &self.elements[at];
        match (element.name.as_str(), element.attribute("type")) {
            ("input", Some("checkbox" | "radio")) => {
                element.attribute("checked").map(|_| element.attribute("value").unwrap_or("on").to_owned())
            }
            ("input", Some("file")) => None,
            ("input", _) => Some(element.attribute("value").unwrap_or_default().to_owned()),
            // One line feed after the start tag is no part of it.
            ("textarea", _) => {
                let text = self.text_of(element);
                Some(text.strip_prefix('\n').unwrap_or(text).to_owned())
            }
            ("select", _) => {
                let options: Vec<&Element> = self.elements[at..element.end]
                    .iter()
                    .filter(|element| element.name == "option")
                    .collect();
                let chosen = options.iter().find(|option| option.attribute("selected").is_some());
                chosen
                    .or(options.first())
                    .map(|option| option.attribute("value").unwrap_or_default().to_owned())
            }
            _ => None,
        }
    }

    /// The form that posts to this path.
    #[track_caller]
    pub fn form(&self, action: &str) -> Form {
        let found = self.all("form").find(|form| form.attribute("action") == Some(action));
        let at = found.unwrap_or_else(|| panic!("no form posts to {action} in: {}", self.text));
        let begin = self.elements.iter().position(|element| std::ptr::eq(element, at)).unwrap();
        let inside = begin..at.end;
        let pair = |at: usize| {
            let name = self.elements[at].attribute("name")?;
            Some((name.to_owned(), self.value_at(at)?))
        };
        Form { action: action.to_owned(), pairs: inside.filter_map(pair).collect() }
    }
}

impl Form {
    /// With these values in the place of what stands there.
    pub fn with(mut self, values: &[(&str, &str)]) -> Self {
        for (name, value) in values {
            self.pairs.retain(|(given, _)| given != name);
            self.pairs.push(((*name).to_owned(), (*value).to_owned()));
        }
        self
    }

    /// Without what has this name.
    pub fn without(mut self, name: &str) -> Self {
        self.pairs.retain(|(given, _)| given != name);
        self
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Reading {
    page: Html,
    /// Positions of elements whose end was not read yet.
    open: Vec<usize>,
}

#[derive(Default)]
struct Sink(RefCell<Reading>);

/// Elements that have no end tag (HTML, 13.1.2).
const VOID: [&str; 6] = ["meta", "link", "img", "input", "br", "hr"];

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let reading = &mut *self.0.borrow_mut();
        match token {
            Token::CharacterTokens(text) => reading.page.text.push_str(&text),
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let attributes = tag
                    .attrs
                    .iter()
                    .map(|attribute| (attribute.name.local.to_string(), attribute.value.to_string()));
                let (at, from) = (reading.page.elements.len(), reading.page.text.len());
                let name = tag.name.to_string();
                let raw = match name.as_str() {
                    "title" | "textarea" => Some(RawKind::Rcdata),
                    "script" => Some(RawKind::ScriptData),
                    "style" | "iframe" | "noembed" | "noframes" | "xmp" => Some(RawKind::Rawtext),
                    _ => None,
                };
                if !VOID.contains(&name.as_str()) {
                    reading.open.push(at);
                }
                let attributes = attributes.collect();
                reading.page.elements.push(Element { name, attributes, span: (from, from), end: at + 1 });
                if let Some(kind) = raw {
                    return TokenSinkResult::RawData(kind);
                }
            }
            Token::TagToken(tag) => {
                let name = tag.name.to_string();
                let opened = reading.open.iter().rposition(|at| reading.page.elements[*at].name == name);
                if let Some(position) = opened {
                    for at in reading.open.split_off(position) {
                        reading.page.close(at);
                    }
                }
            }
            _ => {}
        }
        TokenSinkResult::Continue
    }
}
