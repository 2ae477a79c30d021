// What people read: dates, names, sizes.

export const STATUSES = ['New', 'In Progress', 'Completed'];
export const PRIORITIES = ['Low', 'Normal', 'High', 'Urgent'];

// Local days as YYYY-MM-DD.
export function isoDay(date) {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-');
}

export function dayOf(iso) {
  const [year, month, day] = iso.split('-').map(Number);
  return new Date(year, month - 1, day);
}

export function addDays(iso, days) {
  const date = dayOf(iso);
  date.setDate(date.getDate() + days);
  return isoDay(date);
}

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
const shortDay = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const longDay = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short', year: 'numeric' });
const moment = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

export function dueText(iso) {
  const days = Math.round((dayOf(iso) - dayOf(isoDay(new Date()))) / 86_400_000);
  if (Math.abs(days) <= 6) return relative.format(days, 'day');
  return (dayOf(iso).getFullYear() === new Date().getFullYear() ? shortDay : longDay).format(dayOf(iso));
}

export function isOverdue(task) {
  return task.due_date !== null && task.status !== 'Completed' && task.due_date < isoDay(new Date());
}

export function momentText(iso) {
  return moment.format(new Date(iso));
}

// With its accents, if they are characters of their own.
const firstLetter = (word) => /^.\p{M}*/su.exec(word)?.[0] ?? '';

export function initials(name) {
  const words = name.trim().split(/\s+/);
  return firstLetter(words[0]) + (words.length > 1 ? firstLetter(words.at(-1)) : '');
}

// A number from 0 to 5, the same for the same name.
export function hue(name) {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 6007;
  return hash % 6;
}

export function sizeText(bytes) {
  if (bytes === null) return 'link';
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function count(number, noun) {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
