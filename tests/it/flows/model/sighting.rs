//! What is known of a flow at some moment, and what that says about a claim.

use super::event::Span;
use super::operation::Step;
use super::world::FlowKey;

/// What somebody was told of a flow.
#[derive(Clone, Debug)]
pub struct Sighting {
    /// It was so at some moment between these.
    pub span: Span,
    pub flow: FlowKey,
    /// The one who was told made it so; else it was so already.
    pub wrote: bool,
    pub seen: Seen,
}

/// A flow, or what is known of it.
#[derive(Clone, Debug)]
pub enum Seen {
    /// There was none.
    Absent,
    Whole(State),
    /// Whether it is active, and what some steps hold. Whoever wrote this changed nothing of the other steps.
    Part {
        active: bool,
        steps: Vec<(&'static str, Option<String>)>,
    },
}

/// A whole flow.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Names are given once, so this names the registration too.
    pub name: String,
    pub revision: i64,
    pub active: bool,
    pub steps: Vec<Step>,
}

impl State {
    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }
}

/// Something that may be true of a flow.
#[derive(Clone, Debug)]
pub enum Claim<'a> {
    Absent,
    Active(bool),
    /// The step holds this credential, or none; and the flow is so.
    Holds {
        step: &'a str,
        credential: Option<&'a str>,
        active: Option<bool>,
    },
    /// The step is there with this component.
    IsOf {
        step: &'a str,
        component: &'a str,
    },
    /// There is no such step, or it has another component.
    IsNotOf {
        step: &'a str,
        component: &'a str,
    },
    /// There is no such step.
    Lacks {
        step: &'a str,
    },
    /// No step holds this credential.
    Unused {
        credential: &'a str,
    },
    Revision(i64),
    NotRevision(i64),
}

/// What a sighting says about a claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Says {
    Yes,
    No,
    /// It may have become true or untrue by this.
    Perhaps,
    /// It is as true as it was before.
    Nothing,
}

impl From<bool> for Says {
    fn from(is_true: bool) -> Self {
        if is_true { Self::Yes } else { Self::No }
    }
}

impl Claim<'_> {
    /// What `seen` says about this claim.
    pub fn judge(&self, seen: &Seen) -> Says {
        match seen {
            Seen::Absent => self.judge_absent().into(),
            Seen::Whole(state) => self.judge_whole(state).into(),
            Seen::Part { active, steps } => self.judge_part(*active, steps),
        }
    }

    fn judge_absent(&self) -> bool {
        match self {
            Self::Absent
            | Self::IsNotOf { .. }
            | Self::Lacks { .. }
            | Self::Unused { .. }
            | Self::NotRevision(_) => true,
            Self::Active(_) | Self::Holds { .. } | Self::IsOf { .. } | Self::Revision(_) => false,
        }
    }

    fn judge_whole(&self, state: &State) -> bool {
        match self {
            Self::Absent => false,
            Self::Active(active) => state.active == *active,
            Self::Holds { step, credential, active } => {
                state.step(step).is_some_and(|step| step.credential.as_deref() == *credential)
                    && active.is_none_or(|active| state.active == active)
            }
            Self::IsOf { step, component } => {
                state.step(step).is_some_and(|step| step.component == *component)
            }
            Self::IsNotOf { step, component } => {
                state.step(step).is_none_or(|step| step.component != *component)
            }
            Self::Lacks { step } => state.step(step).is_none(),
            Self::Unused { credential } => {
                state.steps.iter().all(|step| step.credential.as_deref() != Some(credential))
            }
            Self::Revision(revision) => state.revision == *revision,
            Self::NotRevision(revision) => state.revision != *revision,
        }
    }

    fn judge_part(&self, is_active: bool, steps: &[(&str, Option<String>)]) -> Says {
        let held = |step: &str| {
            steps.iter().find(|(id, _)| *id == step).map(|(_, credential)| credential.as_deref())
        };
        match self {
            Self::Absent => Says::No,
            Self::Active(active) => (is_active == *active).into(),
            Self::Holds { active: Some(active), .. } if is_active != *active => Says::No,
            Self::Holds { step, credential, .. } => {
                held(step).map_or(Says::Nothing, |held| (held == *credential).into())
            }
            Self::Lacks { step } => {
                if held(step).is_some() {
                    Says::No
                } else {
                    Says::Nothing
                }
            }
            Self::Unused { credential }
                if steps.iter().any(|(_, held)| held.as_deref() == Some(credential)) =>
            {
                Says::No
            }
            Self::Unused { .. } | Self::Revision(_) | Self::NotRevision(_) => Says::Perhaps,
            Self::IsOf { .. } | Self::IsNotOf { .. } => Says::Nothing,
        }
    }
}
