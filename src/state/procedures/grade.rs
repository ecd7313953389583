//! How dangerous a part is: as it declares, else as its commands show.

use super::expand::Item;
use crate::domain::procedure::{Danger, Doing, Language};
use crate::runtimes::danger::danger;

/// The grade of a part, from what is done with every placeholder filled in; `edited`: a person changed it for once;
/// `with` is the program that takes its query.
pub(super) fn grade(item: &Item<'_>, doing: &Doing, edited: bool, with: Option<&str>) -> Danger {
    let declared = item.options.danger;
    let recognised = match doing {
        Doing::Run(language, text) => {
            let own = danger(*language, text);
            // A program that takes queries is no danger by itself when the query is known; any other is what it is.
            let program = with.filter(|_| !language.is_shell()).map_or(Danger::Read, client);
            own.max(program)
        }
        Doing::Request(method, _, _) => match method.to_ascii_uppercase().as_str() {
            "GET" | "HEAD" | "OPTIONS" => Danger::Read,
            "DELETE" => Danger::Destructive,
            _ => Danger::Change,
        },
        Doing::Restart(_) | Doing::Notify(..) | Doing::Call(..) => Danger::Change,
        Doing::Shift(set, _, _) => danger(Language::Sh, set).max(Danger::Change),
        Doing::Check(..) | Doing::Ask | Doing::Prompt(_) | Doing::Hold(..) | Doing::Decide(_) => Danger::Read,
    };
    match (declared, edited) {
        // What a person wrote is not what the document spoke of.
        (Some(declared), true) => declared.max(recognised),
        (Some(declared), false) => declared,
        (None, _) => recognised,
    }
}

/// The grade of a program that reads a query from its standard input, apart from the query.
fn client(with: &str) -> Danger {
    if danger(Language::Sh, with) == Danger::Destructive { Danger::Destructive } else { Danger::Read }
}
