//! What is wrong with the parameters of a URL.

use crate::limits::MAX_DEPTH;

/// What is wrong with the parameters of a URL.
///
/// Its message repeats names as the client wrote them, in full: shorten them before you answer or log them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The value of a parameter does not follow the grammar.
    #[error("{parameter}: {message}")]
    Syntax {
        /// The parameter.
        parameter: String,
        /// What is wrong with its value.
        message: String,
        /// What would be right.
        hint: Option<&'static str>,
    },
    /// A parameter is neither a column nor a keyword.
    #[error("there is no column {name}")]
    UnknownColumn {
        /// The parameter.
        name: String,
    },
    /// A list is too long.
    #[error("{parameter}: at most {limit} {items} are allowed")]
    TooMany {
        /// The parameter.
        parameter: String,
        /// What the list consists of.
        items: &'static str,
        /// The most that are allowed.
        limit: usize,
    },
    /// A filter is nested too deep.
    #[error("a filter may be nested {MAX_DEPTH} levels deep")]
    TooDeep,
}

impl ParseError {
    /// An error in the grammar of a parameter.
    pub(crate) fn syntax(parameter: &str, message: impl Into<String>) -> Self {
        Self::Syntax { parameter: parameter.into(), message: message.into(), hint: None }
    }

    /// The same error with a hint, where it is one of grammar.
    pub(crate) fn hint(mut self, text: &'static str) -> Self {
        if let Self::Syntax { hint, .. } = &mut self {
            *hint = Some(text);
        }
        self
    }
}
