//! The compilation of IP_ADDRESS rules.

use super::number::server_number_text;
use super::{Conditional, RuleCompiler, Typed};
use crate::diagnostic::DiagnosticKind;
use crate::featurehub::profile::Profile;
use crate::json::Token;
use crate::predicate::{BoxedPredicate, Membership, Predicate};
use crate::text::address::{InvalidNetwork, Network, Spelling};

impl RuleCompiler<'_> {
    pub(super) fn address(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let membership = match conditional.typed() {
            Some(Typed::In) => Membership::Inside,
            Some(Typed::NotIn) => Membership::Outside,
            _ => return Predicate::Never,
        };
        let spelling = match self.profile() {
            Profile::Client => Spelling::Literal,
            Profile::Edge => Spelling::Server,
        };
        let mut networks = Vec::with_capacity(tokens.len());
        for token in tokens {
            let text = match token {
                Token::Number(digits) if self.profile() == Profile::Edge => {
                    Some(server_number_text(digits))
                }
                token => token.clone().text(),
            };
            let text = match text {
                Some(text) => text,
                None if self.profile() == Profile::Edge => {
                    self.end_rule("null", DiagnosticKind::NotA("an address"));
                    return self.ended_networks(membership, networks, spelling);
                }
                None => continue,
            };
            match Network::parse(&text, spelling) {
                Ok(network) => networks.push(network),
                Err(InvalidNetwork::BadMask) if self.profile() == Profile::Edge => {
                    self.end_rule(&text, DiagnosticKind::NotA("a network"));
                    return self.ended_networks(membership, networks, spelling);
                }
                Err(_) => self.drop_value(&text, DiagnosticKind::NotA("an address or network")),
            }
        }
        self.writer.boxed(BoxedPredicate::Networks(membership, networks.into(), spelling))
    }

    pub(super) fn ended_networks(
        &mut self,
        membership: Membership,
        networks: Vec<Network>,
        spelling: Spelling,
    ) -> Predicate {
        match membership {
            Membership::Outside => Predicate::Never,
            Membership::Inside => {
                self.writer.boxed(BoxedPredicate::Networks(membership, networks.into(), spelling))
            }
        }
    }
}
