//! What a phone and a group both say, as forms: keys and overrides. Both are changed by the same code.

use provision::models::Model;

use crate::edit::Scope;

pub(crate) mod keys;
pub(crate) mod overrides;

/// The models a layer is for.
pub(crate) fn models(scope: &Scope) -> Vec<&'static Model> {
    match scope {
        Scope::Model(model) => vec![*model],
        Scope::AnyOf(models) => models.clone(),
    }
}
