//! The rules that an app was given, as the law reads them.

use egret_admin::{App, Command, Door, Fault, Reply, rule_of};
use egret_policy::{Policy, RuleSpec};

/// An app with its rules, from whoever answers for the store.
pub fn app(door: &Door, app: Option<String>) -> Result<App, Fault> {
    let Reply::App(app) = door.send(Command::AppShow { app })? else {
        return Err(Fault::Socket("the server answered something else; is it another version of egret?".to_owned()));
    };
    Ok(app)
}

/// The policy of an app by the rules that it was given, closed where its owner has closed it.
pub fn policy_of(app: &App) -> Result<Policy, Fault> {
    let rules = app.rules.iter().map(|rule| rule_of(&rule.rule)).collect::<Result<_, _>>()?;
    Ok(policy(rules)?.closed(app.standing.closed()))
}

/// They were judged together when they were added; the law has the last word all the same.
pub fn policy(rules: Vec<RuleSpec>) -> Result<Policy, Fault> {
    Policy::builder().rules(rules).build().map_err(|faults| {
        let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Fault::Store(format!("the rules of the app contradict each other: {}", words.join("; ")))
    })
}
