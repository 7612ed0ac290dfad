// setTimeout, setInterval and their like. The host keeps the time; equal times fire in the order they were set.

const LONGEST_DELAY = 2147483647; // milliseconds; beyond it a delay is 0, as in browsers
const timers = new Map(); // the guest's number -> the host's operation
let timerCount = 0;

// Calls the action after so many milliseconds; the host's id.
const startTimer = (milliseconds, action) => {
  const id = host.start(TIMER, pack([numberToString(trunc(milliseconds))]), undefined);
  if (id < 0) throw new DOMException("too many timers are pending", "QuotaExceededError");
  whenDone(id, () => {
    forget(id);
    action();
  });
  return id;
};

const schedule = (callback, delay, args, repeats) => {
  if (typeof callback !== "function") throw new TypeError("a timer needs a function");
  const number = Number(delay);
  const wait = number > 0 && number <= LONGEST_DELAY ? number : 0;
  const id = ++timerCount;
  const fire = () => {
    if (repeats) mapSet(timers, id, startTimer(wait, fire));
    else mapDelete(timers, id);
    apply(callback, undefined, args);
  };
  mapSet(timers, id, startTimer(wait, fire));
  return id;
};

const unschedule = (id) => {
  const number = Number(id);
  const operation = mapGet(timers, number);
  if (operation === undefined) return;
  mapDelete(timers, number);
  forget(operation);
};

expose("setTimeout", function setTimeout(callback, delay = 0, ...args) {
  return schedule(callback, delay, args, false);
});
expose("setInterval", function setInterval(callback, delay = 0, ...args) {
  return schedule(callback, delay, args, true);
});
expose("clearTimeout", function clearTimeout(id = 0) {
  unschedule(id);
});
expose("clearInterval", function clearInterval(id = 0) {
  unschedule(id);
});
// What the callback throws is reported like an error in a timer, not as a rejection.
expose("queueMicrotask", function queueMicrotask(callback) {
  if (typeof callback !== "function") throw new TypeError("queueMicrotask needs a function");
  then(resolved, () => {
    try {
      callback();
    } catch (error) {
      report(error);
    }
  });
});
const resolved = Promise.resolve();
