//! The rules that an app was given, as the law reads them.

use egret_admin::{Command, Door, Fault, Reply, rule_of};
use egret_policy::{Policy, RuleSpec};

/// The rules of an app, from whoever answers for the store.
pub fn rules(door: &Door, app: &str) -> Result<Vec<RuleSpec>, Fault> {
    let Reply::Rules(rules) = door.send(Command::RuleList { app: Some(app.to_owned()) })? else {
        return Err(Fault::Socket("the server answered something else; is it another version of egret?".to_owned()));
    };
    rules.iter().map(|rule| rule_of(&rule.rule)).collect()
}

/// They were judged together when they were added; the law has the last word all the same.
pub fn policy(rules: Vec<RuleSpec>) -> Result<Policy, Fault> {
    Policy::builder().rules(rules).build().map_err(|faults| {
        let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Fault::Store(format!("the rules of the app contradict each other: {}", words.join("; ")))
    })
}
