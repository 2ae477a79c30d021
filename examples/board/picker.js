// <pick-box>: finds things by name, and chooses one or several of them.
//
//   .chosen   array of {id, name}
//   .find     async function from a text to such an array
//   .single   whether there can be one at most
//   .label    what is chosen
//
// It sends the event "pick" with the array that is wanted in its detail.
import { html, nothing, render } from './lit-html/lit-html.js';
import { ask, query } from './api.js';

let number = 0;

export class PickBox extends HTMLElement {
  #number = ++number;
  #chosen = [];
  #found = null;
  #active = 0;
  #asked = 0;

  set chosen(value) {
    this.#chosen = value ?? [];
    if (this.isConnected) this.#render();
  }

  connectedCallback() {
    this.addEventListener('focusout', ({ relatedTarget }) => this.contains(relatedTarget) || this.#close());
    this.#render();
  }

  #choose(item) {
    this.#send(this.single ? [item] : [...this.#chosen.filter(({ id }) => id !== item.id), item]);
    this.querySelector('input').value = '';
    this.#close();
  }

  #send(detail) {
    this.dispatchEvent(new CustomEvent('pick', { detail }));
  }

  #close() {
    this.#found = null;
    this.#asked++;
    this.#render();
  }

  async #search(text) {
    const mine = ++this.#asked;
    this.#found = this.#found?.filter((item) => matches(item, text)) ?? null;
    this.#active = 0;
    this.#render();
    const found = await this.find(text).catch(() => []);
    if (mine !== this.#asked) return;
    this.#found = found.filter(({ id }) => !this.#chosen.some((other) => other.id === id));
    this.#active = 0;
    this.#render();
  }

  #key(event) {
    const found = this.#found ?? [];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found === null) this.#search(event.target.value);
    else if (step) this.#active = (this.#active + step + found.length) % (found.length || 1);
    else if (event.key === 'Enter' && found[this.#active]) this.#choose(found[this.#active]);
    else if (event.key === 'Escape' && this.#found) this.#close();
    else if (event.key === 'Backspace' && event.target.value === '' && this.#chosen.length > 0) this.#send(this.#chosen.slice(0, -1));
    else return;
    event.preventDefault();
    event.stopPropagation();
    this.#render();
  }

  #render() {
    const list = `pick-${this.#number}`;
    const found = this.#found ?? [];
    render(html`
      ${this.#chosen.map((item) => html`<span class="chip"><span dir="auto">${item.name}</span><button type="button" aria-label="Remove ${item.name}"
        @click=${() => this.#send(this.#chosen.filter(({ id }) => id !== item.id))}>×</button></span>`)}
      <input type="text" role="combobox" autocomplete="off" aria-autocomplete="list" aria-label=${this.label} aria-controls=${list}
        aria-expanded=${found.length > 0} aria-activedescendant=${found.length > 0 ? `${list}-${this.#active}` : nothing}
        placeholder=${this.#chosen.length > 0 ? '' : 'Add…'}
        @input=${(event) => this.#search(event.target.value)} @click=${(event) => this.#search(event.target.value)} @keydown=${(event) => this.#key(event)}>
      <ul id=${list} role="listbox" aria-label=${this.label} ?hidden=${found.length === 0}>${found.map((item, index) =>
        html`<li id="${list}-${index}" role="option" dir="auto" aria-selected=${index === this.#active}
          @mousedown=${(event) => event.preventDefault()} @click=${() => this.#choose(item)}>${item.name}</li>`)}</ul>`, this);
  }
}
customElements.define('pick-box', PickBox);

// --- what can be found ---

// Whether a name, or an email before its @, contains a text.
export function matches({ name, email = '' }, text) {
  return `${name} ${email?.split('@')[0]}`.toLowerCase().includes(text.toLowerCase());
}

// Names that begin with the text come first.
function byBeginning(text) {
  const rank = ({ name }) => !name.toLowerCase().startsWith(text.toLowerCase());
  return (one, other) => rank(one) - rank(other);
}

const finder = (path, more, nameOf) => async (search) => {
  const { results } = await ask('GET', `/api/${path}/${query({ search, limit: 8, count: 'none', ...more })}`);
  return results.map((row) => ({ ...row, name: nameOf(row) })).sort(byBeginning(search));
};

export const contactName = ({ first_name: first, last_name: last, email }) => [first, last].filter(Boolean).join(' ') || email;
export const findPeople = finder('users', { is_active: true }, ({ name }) => name);
export const findAccounts = finder('accounts', {}, ({ name }) => name);
export const findTeams = finder('teams', {}, ({ name }) => name);
export const findContacts = finder('contacts', {}, contactName);
