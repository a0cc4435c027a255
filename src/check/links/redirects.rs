//! Addresses that only lead on: aliases, sections with `redirect_to`.

use super::{Target, address_of, at};
use crate::check::rules::finding;
use crate::check::{Context, Facts, Found};
use crate::content;
use crate::site::Route;
use crate::text;

/// Whether a route only leads to another address.
pub fn is_redirect(context: &Context, route: u32) -> bool {
    matches!(context.routes.get(context.addresses.path(route)), Some(Route::Redirect { .. }))
}

/// Finds redirects that lead to other redirects, in circles, or nowhere.
pub fn check(context: &Context, facts: &Facts, found: &mut Found) {
    for (path, route) in context.routes {
        let Route::Redirect { to, asked_by } = route else { continue };
        let address = address_of(path);
        let place = || {
            let place = context.sources.locate(Some(asked_by), &[address.trim_matches('/').to_owned(), to.clone()])?;
            // A short address stands anywhere; the key is always there.
            if place.excerpt.is_some() || place.file != *asked_by {
                return Some(place);
            }
            let text = context.sources.text(asked_by)?;
            let key = ["redirect_to", "aliases"].into_iter().find(|key| text.contains(key))?;
            Some(content::place_of_key(asked_by, &text, &[key]))
        };
        let mut way = vec![address.clone()];
        let mut next = to.as_str();
        loop {
            match context.addresses.resolve(&address, next) {
                Target::Route { route, .. } => {
                    let path = context.addresses.path(route);
                    let Some(Route::Redirect { to, .. }) = context.routes.get(path) else { break };
                    let step = address_of(path);
                    let is_circle = way.contains(&step);
                    way.push(step);
                    next = to;
                    if is_circle {
                        let shown = way.join(" → ");
                        let circle = finding(
                            "link/redirect-broken",
                            text!("these redirects go in a circle: {shown}", "这些跳转绕成了圈：{shown}"),
                        )
                        .help(text!("let one of them lead to a page", "请让其中一个跳转到真正的页面"));
                        found.push(at(circle, place()).on(&address));
                        way.clear();
                        break;
                    }
                }
                Target::Missing { path: target, .. } if !facts.images.contains_key(target.trim_start_matches('/')) => {
                    let broken = finding(
                        "link/redirect-broken",
                        text!(
                            "`{address}` leads to `{target}`, which does not exist",
                            "`{address}` 跳转到 `{target}`，但它不存在"
                        ),
                    )
                    .help(text!("correct where it leads", "请改正跳转的地址"));
                    found.push(at(broken, place()).on(&address));
                    way.clear();
                    break;
                }
                _ => break,
            }
        }
        if way.len() > 1 {
            let shown = way.join(" → ");
            let chain = finding(
                "link/redirect-chain",
                text!("readers are sent on more than once: {shown} → {next}", "读者要跳转不止一次：{shown} → {next}"),
            )
            .help(text!("let it lead to the last address at once", "请直接跳转到最后的地址"));
            found.push(at(chain, place()).on(&address));
        }
    }
}
