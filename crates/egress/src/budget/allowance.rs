//! What one invocation may spend, shared by all of its calls.

use super::bucket::Rate;
use super::quota::Quota;
use crate::error::{Limit, Reason};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// What an invocation may spend, and what its app is held to. Clones are the same budget; [`Budget::none`] bounds nothing.
#[derive(Clone, Debug, Default)]
pub struct Budget(Option<Arc<Account>>);

/// How much one invocation may spend (DESIGN 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Calls; each hop of a redirect is one. Default 50.
    pub calls: u32,
    /// Calls at once, from the decision to the end of the response's body. Default 16.
    pub open: u32,
    /// Bytes of all bodies and WebSocket messages, in both directions, as they are on the way. Default 100 MiB.
    pub bytes: u64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { calls: 50, open: 16, bytes: 100 << 20 }
    }
}

/// What an app is held to beside the kernel's own limits: the narrower one counts. Nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AppLimits {
    /// Calls of the app under way at once.
    pub in_flight: Option<usize>,
    /// How often calls of the app may come.
    pub rate: Option<Rate>,
    /// How often calls of the app may come towards the names below one registrable domain.
    pub domain_rate: Option<Rate>,
}

/// What has been spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Calls that went on to their destination, and those that are on the point of it.
    pub calls: u32,
    /// Calls that are open.
    pub open: u32,
    /// Bytes.
    pub bytes: u64,
}

#[derive(Debug)]
struct Account {
    allowance: Allowance,
    app: AppLimits,
    quota: Option<Quota>,
    calls: AtomicU32,
    open: AtomicU32,
    bytes: AtomicU64,
}

impl Budget {
    /// Bounds nothing: for programs that bound their calls themselves. The kernel's own limits stand all the same.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The budget of one invocation of an app.
    #[must_use]
    pub fn new(allowance: Allowance, app: AppLimits) -> Self {
        Self::of(allowance, app, None)
    }

    /// The budget of one invocation of an app that has an account for each day.
    #[must_use]
    pub fn within(allowance: Allowance, app: AppLimits, quota: Quota) -> Self {
        Self::of(allowance, app, Some(quota))
    }

    fn of(allowance: Allowance, app: AppLimits, quota: Option<Quota>) -> Self {
        let (calls, open, bytes) = Default::default();
        Self(Some(Arc::new(Account { allowance, app, quota, calls, open, bytes })))
    }

    /// What has been spent of it.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.0.as_ref().map_or_else(Spent::default, |account| Spent {
            calls: account.calls.load(Ordering::Relaxed),
            open: account.open.load(Ordering::Relaxed),
            bytes: account.bytes.load(Ordering::Relaxed),
        })
    }

    pub(super) fn app(&self) -> AppLimits {
        self.0.as_ref().map_or_else(AppLimits::default, |account| account.app)
    }

    /// Reserves a call. Until it is spent, dropping it gives it back.
    pub(super) fn open(&self) -> Result<Option<Open>, Reason> {
        let Some(account) = &self.0 else { return Ok(None) };
        let Allowance { calls, open, .. } = account.allowance;
        one_of(&account.calls, calls).ok_or(Reason::Limit(Limit::Calls(calls), None))?;
        if one_of(&account.open, open).is_none() {
            account.calls.fetch_sub(1, Ordering::Relaxed);
            return Err(Reason::Limit(Limit::Open(open), None));
        }
        let mut open = Open { account: Arc::clone(account), is_spent: false, is_of_today: false };
        if let Some(quota) = &account.quota {
            quota.call()?;
            open.is_of_today = true;
        }
        Ok(Some(open))
    }

    /// Whether so many bytes could still be spent: what says its length beforehand is refused before it goes out.
    pub(crate) fn affords(&self, bytes: u64) -> Result<(), Reason> {
        let Some(account) = &self.0 else { return Ok(()) };
        let most = account.allowance.bytes;
        let fits = account.bytes.load(Ordering::Relaxed).checked_add(bytes).is_some_and(|sum| sum <= most);
        if !fits {
            return Err(Reason::Limit(Limit::Bytes(most), None));
        }
        account.quota.as_ref().map_or(Ok(()), |quota| quota.affords(bytes))
    }

    /// Spends bytes that are to go out or that came: all of them, or none if they are too many.
    pub(crate) fn spend(&self, bytes: u64) -> Result<(), Reason> {
        let Some(account) = &self.0 else { return Ok(()) };
        if let Some(quota) = &account.quota {
            quota.spend(bytes)?;
        }
        let most = account.allowance.bytes;
        let sum = |spent: u64| spent.checked_add(bytes).filter(|sum| *sum <= most);
        let spent = account.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, sum);
        spent.map(drop).map_err(|_| {
            account.quota.iter().for_each(|quota| quota.unspend(bytes));
            Reason::Limit(Limit::Bytes(most), None)
        })
    }
}

/// Takes one of `most`, if there is one left.
fn one_of(taken: &AtomicU32, most: u32) -> Option<u32> {
    let next = |taken: u32| taken.checked_add(1).filter(|next| *next <= most);
    taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).ok()
}

/// A call that its invocation has open.
pub(super) struct Open {
    account: Arc<Account>,
    is_spent: bool,
    /// Whether the app's account of the day has it.
    is_of_today: bool,
}

impl Open {
    /// The call goes on: it is paid for, whatever comes of it.
    pub fn spend(mut self) -> Self {
        self.is_spent = true;
        self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.account.open.fetch_sub(1, Ordering::Relaxed);
        if !self.is_spent {
            self.account.calls.fetch_sub(1, Ordering::Relaxed);
            self.account.quota.iter().filter(|_| self.is_of_today).for_each(Quota::uncall);
        }
    }
}
