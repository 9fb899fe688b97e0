//! The Kubernetes `HorizontalPodAutoscaler`, and the parts of it that KEDA shares.

use super::super::{INSTANT, Key, Kind, LENGTH, Section, Span, Word, defaulted, optional};
use super::{max, metrics, min};
use crate::model::scaling::{MAX_POLICY_PERIOD_S, MAX_WINDOW_S};

pub(super) static HPA: Section = Section {
    what: "an HPA",
    about: "Bounds, metrics and `behavior` are those of autoscaling/v2; `sync_period`, `tolerance` and \
            `downscale_stabilization` are flags of the cluster's controller manager.",
    keys: &[
        min("1"),
        max(),
        optional("metric", Kind::Choice(&metrics::HPA_METRIC), "What it looks at.", "{ready_per_replica: 50}"),
        optional(
            "metrics",
            Kind::List(&Kind::Choice(&metrics::HPA_METRIC), 1),
            "Several of them: the highest proposal counts.",
            "[{ready_per_replica: 50}, {oldest_age: 30s}]",
        ),
        behavior(),
        sync_period(),
        tolerance(),
        downscale_stabilization(),
    ],
    alternatives: &[&["metric"], &["metrics"]],
};

pub(super) const fn behavior() -> Key {
    optional(
        "behavior",
        Kind::Section(&BEHAVIOR),
        "How fast the size may change. `behavior: {}` and no `behavior` are different code paths of the controller: \
         the first has the defaults below, the second goes up to twice the size, or to 4, at each sync.",
        "{scale_down: {stabilization_window: 60s, policies: [{percent: 10, period: 60s}]}}",
    )
}

pub(super) const fn sync_period() -> Key {
    defaulted("sync_period", LENGTH, "15s", "`--horizontal-pod-autoscaler-sync-period`.", "15s")
}

pub(super) const fn tolerance() -> Key {
    defaulted(
        "tolerance",
        Kind::Share(TOLERANCE),
        "10%",
        "`--horizontal-pod-autoscaler-tolerance`: no change while the ratio is this near to 1.",
        "10%",
    )
}

pub(super) const fn downscale_stabilization() -> Key {
    defaulted(
        "downscale_stabilization",
        INSTANT,
        "5m",
        "`--horizontal-pod-autoscaler-downscale-stabilization`: the highest advice of this time counts on the way \
         down, unless `behavior` says otherwise.",
        "5m",
    )
}

const TOLERANCE: Span = Span { low: 0.0, open: false, high: 1.0 };

pub(super) static BEHAVIOR: Section = Section {
    what: "a behavior",
    about: "By default the size goes up by 4 pods or 100 % per 15 s at once, whichever is more, and down by 100 % per \
            15 s after the window. Defaults are per field: given `policies` replace the default ones.",
    keys: &[
        optional(
            "scale_up",
            Kind::Section(&DIRECTION),
            "The way up.",
            "{stabilization_window: 30s, select_policy: min}",
        ),
        optional(
            "scale_down",
            Kind::Section(&DIRECTION),
            "The way down, with the same keys.",
            "{select_policy: disabled}",
        ),
    ],
    alternatives: &[],
};

static DIRECTION: Section = Section {
    what: "a direction of `behavior`",
    about: "",
    keys: &[
        optional(
            "stabilization_window",
            Kind::Duration(Span { low: 0.0, open: false, high: MAX_WINDOW_S }),
            "The most cautious advice of this time counts, at most an hour; left out, `0s` up and \
             `downscale_stabilization` down.",
            "60s",
        ),
        optional(
            "policies",
            Kind::List(&Kind::Section(&POLICY), 1),
            "How much may change within a time.",
            "[{pods: 4, period: 15s}, {percent: 100, period: 15s}]",
        ),
        defaulted(
            "select_policy",
            Kind::Word(&[
                Word { text: "max", about: "the policy that allows the largest change" },
                Word { text: "min", about: "the policy that allows the smallest change" },
                Word { text: "disabled", about: "no change in this direction" },
            ]),
            "max",
            "Which of several policies counts.",
            "min",
        ),
        optional("tolerance", Kind::Share(TOLERANCE), "Left out, the controller's.", "5%"),
    ],
    alternatives: &[],
};

static POLICY: Section = Section {
    what: "a policy",
    about: "",
    keys: &[
        optional("pods", Kind::Count(AMOUNT), "So many replicas.", "4"),
        optional("percent", Kind::Count(AMOUNT), "So many per cent of the size at the begin of the period.", "100"),
        optional(
            "period",
            Kind::Duration(Span { low: 1.0, open: false, high: MAX_POLICY_PERIOD_S }),
            "Within this time, 1 s to 30 min.",
            "15s",
        ),
    ],
    alternatives: &[&["pods", "period"], &["percent", "period"]],
};

const AMOUNT: Span = Span { low: 1.0, open: false, high: 2_147_483_647.0 };
