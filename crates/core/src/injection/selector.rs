//! Label selectors, evaluated as the API server does.

use crate::inventory::{Expression, Labels, Operator, Selector};

/// Whether labels satisfy a selector. An empty selector takes everything. For a missing key `In`
/// and `Exists` are false, `NotIn` and `DoesNotExist` true.
pub fn selects(selector: &Selector, labels: &Labels) -> bool {
    let has_labels =
        selector.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value));
    has_labels && selector.expressions.iter().all(|expression| holds(expression, labels))
}

fn holds(expression: &Expression, labels: &Labels) -> bool {
    let value = labels.get(&expression.key);
    match expression.operator {
        Operator::In => value.is_some_and(|value| expression.values.contains(value)),
        Operator::NotIn => value.is_none_or(|value| !expression.values.contains(value)),
        Operator::Exists => value.is_some(),
        Operator::DoesNotExist => value.is_none(),
    }
}
