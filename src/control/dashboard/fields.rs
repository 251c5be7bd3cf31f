//! Labelled fields of forms.

use maud::{Markup, html};

/// A field.
pub(super) struct Field {
    /// Its name in the query or, dotted, in the JSON.
    pub(super) name: &'static str,
    /// Its name for a person.
    pub(super) label: &'static str,
    pub(super) input: Input,
    /// An explanation in a few words; empty: none.
    pub(super) hint: &'static str,
}

/// The way to enter a value.
#[derive(Clone, Copy)]
pub(super) enum Input {
    Text,
    /// A text, of which those in the list with this id are suggested.
    Suggested(&'static str),
    Number,
    Json,
    Boolean,
    /// One of these words, the first of which stands for an absent value if it is empty.
    Choice(&'static [&'static str]),
    Lines,
}

/// The fields of filters, in which no value stands for any.
const SELECT: [&str; 2] = ["family", "unknown_route"];

impl Input {
    /// The type of the JSON that the script makes.
    fn data_type(self) -> Option<&'static str> {
        match self {
            Self::Number => Some("number"),
            Self::Json => Some("json"),
            Self::Boolean => Some("boolean"),
            Self::Text | Self::Suggested(_) | Self::Choice(_) | Self::Lines => None,
        }
    }
}

impl Field {
    pub(super) const fn new(
        name: &'static str,
        label: &'static str,
        input: Input,
        hint: &'static str,
    ) -> Self {
        Self {
            name,
            label,
            input,
            hint,
        }
    }

    /// The field with a value.
    pub(super) fn show(&self, value: &str) -> Markup {
        let id = format!("field-{}", self.name.replace('.', "-"));
        let hint_id = format!("{id}-hint");
        let described = (!self.hint.is_empty()).then_some(&*hint_id);
        let data_type = self.input.data_type();
        html! {
            div.field {
                label for=(id) { (self.label) }
                @match self.input {
                    Input::Boolean => {
                        select id=(id) name=(self.name) data-type=[data_type] aria-describedby=[described] {
                            @for word in ["", "true", "false"] { (self.choice(word, value)) }
                        }
                    }
                    Input::Choice(words) => {
                        select id=(id) name=(self.name) aria-describedby=[described] {
                            @for word in words { (self.choice(word, value)) }
                            // A value that a list of this binary does not have stays as it is.
                            @if !words.contains(&value) && !value.is_empty() { (self.choice(value, value)) }
                        }
                    }
                    Input::Json | Input::Lines => {
                        textarea id=(id) name=(self.name) rows="2" spellcheck="false" data-type=[data_type] aria-describedby=[described] { (value) }
                    }
                    Input::Text | Input::Number | Input::Suggested(_) => {
                        @let list = match self.input { Input::Suggested(list) => Some(list), _ => None };
                        input id=(id) name=(self.name) value=(value) list=[list] autocomplete="off" spellcheck="false"
                            inputmode=[data_type.map(|_| "decimal")] data-type=[data_type] aria-describedby=[described];
                    }
                }
                @if !self.hint.is_empty() { span.hint id=(hint_id) { (self.hint) } }
            }
        }
    }

    fn choice(&self, word: &str, chosen: &str) -> Markup {
        let selects = self.name.starts_with("match.") || SELECT.contains(&self.name);
        let absent = if selects { "any" } else { "not set" };
        html! {
            option value=(word) selected[word == chosen] { @if word.is_empty() { (absent) } @else { (word) } }
        }
    }
}
