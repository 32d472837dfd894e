//! What the server should answer, as far as the request determines it.

use serde_json::Value as Json;

/// A value of an answer.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    Value(Json),
    Object(Vec<(String, Answer)>),
    /// Some of these rows. Those that are equal by the order of the request are in any order.
    Page {
        ties: Vec<Vec<Answer>>,
        offset: usize,
        limit: Option<usize>,
    },
}

impl Answer {
    /// How many rows there are, on the page and in all.
    pub(super) fn rows(&self) -> (usize, usize) {
        let Self::Page { ties, offset, limit } = self else { return (1, 1) };
        let all: usize = ties.iter().map(Vec::len).sum();
        (all.saturating_sub(*offset).min(limit.unwrap_or(usize::MAX)), all)
    }

    pub(super) fn json(&self) -> Json {
        match self {
            Self::Value(value) => value.clone(),
            Self::Object(members) => members.iter().map(|(name, value)| (name.clone(), value.json())).collect(),
            Self::Page { ties, offset, limit } => {
                let all = ties.iter().flatten().skip(*offset).take(limit.unwrap_or(usize::MAX));
                all.map(Self::json).collect()
            }
        }
    }

    pub(super) fn matches(&self, found: &Json) -> bool {
        match (self, found) {
            (Self::Value(value), found) => value == found,
            (Self::Object(members), Json::Object(found)) => {
                let matches =
                    |(name, value): &(String, Self)| found.get(name).is_some_and(|found| value.matches(found));
                members.len() == found.len() && members.iter().all(matches)
            }
            (Self::Page { ties, offset, .. }, Json::Array(found)) => {
                if found.len() != self.rows().0 {
                    return false;
                }
                let (mut rest, mut passed) = (found.as_slice(), 0);
                for tie in ties {
                    let begin = passed.max(*offset);
                    passed += tie.len();
                    let (these, others) = rest.split_at(passed.saturating_sub(begin).min(rest.len()));
                    if !are_among(these, &tie.iter().collect::<Vec<_>>()) {
                        return false;
                    }
                    rest = others;
                }
                rest.is_empty()
            }
            _ => false,
        }
    }
}

/// Whether each of these is another of the rows.
fn are_among(found: &[Json], rows: &[&Answer]) -> bool {
    let [first, others @ ..] = found else { return true };
    (0..rows.len()).any(|at| {
        let rest: Vec<&Answer> = rows[..at].iter().chain(&rows[at + 1..]).copied().collect();
        rows[at].matches(first) && are_among(others, &rest)
    })
}
