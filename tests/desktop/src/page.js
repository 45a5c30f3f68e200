// Finds what a person would: elements that can be seen, by their role and by what they are called.
// Arguments: role, name (a trailing * stands for any ending), element to look inside or null.
// Answers with the elements, and with the names that were there instead.
const [role, wanted, within] = arguments;

const implicit = {
  button: 'button',
  link: 'a[href]',
  checkbox: 'input[type=checkbox]',
  radio: 'input[type=radio]',
  textbox: 'input:not([type]), input[type=text], input[type=search], textarea',
  row: 'tr',
  heading: 'h1, h2, h3, h4, h5, h6',
  navigation: 'nav',
  region: 'section',
  dialog: 'dialog',
  option: 'option',
  // What can be seen of a list of choices; its options of that role are for screen readers alone.
  choice: '.ant-select-item-option',
  status: 'output',
};

const tidy = (text) => text.replace(/[\s\u00a0]+/g, ' ').trim();

function textOf(element) {
  let text = '';
  for (const node of element.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) text += node.textContent;
    else if (node.nodeType === Node.ELEMENT_NODE && node.getAttribute('aria-hidden') !== 'true') {
      text += ` ${node.getAttribute('aria-label') ?? textOf(node)} `;
    }
  }
  return text;
}

function nameOf(element) {
  const labels = element.getAttribute('aria-labelledby');
  if (labels) {
    return tidy(labels.split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' '));
  }
  const label = element.getAttribute('aria-label');
  if (label) return tidy(label);
  if (element.labels?.length) return tidy([...element.labels].map(textOf).join(' '));
  if (element.matches('input, textarea')) return tidy(element.placeholder ?? element.title ?? '');
  return tidy(textOf(element)) || tidy(element.title ?? '');
}

function isSeen(element) {
  const box = element.getBoundingClientRect();
  return (
    element.checkVisibility({ visibilityProperty: true }) &&
    (box.width > 0 || box.height > 0 || element.matches('input')) &&
    !element.closest('[aria-hidden=true], [inert]')
  );
}

const selector = implicit[role] ? `[role=${role}], ${implicit[role]}` : `[role=${role}]`;
const seen = [...(within ?? document).querySelectorAll(selector)]
  .filter((element) => (element.getAttribute('role') ?? role) === role && isSeen(element))
  .map((element) => ({ element, name: nameOf(element) }));
const fits = wanted.endsWith('*')
  ? ({ name }) => name.startsWith(wanted.slice(0, -1))
  : ({ name }) => name === wanted;
const found = seen.filter(fits).map(({ element }) => element);
const enabled = found.map(
  (element) => !element.disabled && element.closest('[aria-disabled=true]') === null,
);
return { found, enabled, names: seen.map(({ name }) => name).slice(0, 60) };
