//! Errors in the parameters of a URL.

use crate::limits::MAX_DEPTH;

/// An error in the parameters of a URL.
///
/// Its message repeats names in full, as the client wrote them. Shorten them before you return or log it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The value of a parameter does not follow the grammar.
    #[error("{parameter}: {message}")]
    Syntax {
        /// The parameter.
        parameter: String,
        /// The problem with its value.
        message: String,
        /// The correct form.
        hint: Option<&'static str>,
    },
    /// A parameter is neither a column nor a keyword.
    #[error("there is no column {name}")]
    UnknownColumn {
        /// The parameter.
        name: String,
    },
    /// A parameter addresses related rows that `select` does not embed.
    #[error("{name} is not embedded")]
    NotEmbedded {
        /// The path of the related rows.
        name: String,
    },
    /// A list is too long.
    #[error("{parameter}: at most {limit} {items} are allowed")]
    TooMany {
        /// The parameter.
        parameter: String,
        /// What the list contains.
        items: &'static str,
        /// The maximum length.
        limit: usize,
    },
    /// A filter or an embed is nested too deeply.
    #[error("filters and embeds may be nested {MAX_DEPTH} levels deep")]
    TooDeep,
}

impl ParseError {
    /// Returns a syntax error in a parameter.
    pub(crate) fn syntax(parameter: &str, message: impl Into<String>) -> Self {
        Self::Syntax { parameter: parameter.into(), message: message.into(), hint: None }
    }

    /// Adds a hint to a syntax error.
    pub(crate) fn hint(mut self, text: &'static str) -> Self {
        if let Self::Syntax { hint, .. } = &mut self {
            *hint = Some(text);
        }
        self
    }
}
