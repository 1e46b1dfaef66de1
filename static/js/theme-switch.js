/* <theme-switch hidden><label>…</label><select>system|light|dark</select></theme-switch>
   Shows itself, remembers the choice, and follows a choice made in another tab. */
const KEY = "hub-theme";

function stored() {
  try {
    return localStorage.getItem(KEY) ?? "system";
  } catch {
    return "system";
  }
}

function apply(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

class ThemeSwitch extends HTMLElement {
  connectedCallback() {
    const select = this.querySelector("select");
    select.value = stored();
    select.addEventListener("change", () => {
      apply(select.value);
      try {
        localStorage.setItem(KEY, select.value);
      } catch {
        /* The choice lasts for this page only. */
      }
    });
    this.follow = (event) => {
      if (event.key !== KEY) return;
      select.value = event.newValue ?? "system";
      apply(select.value);
    };
    window.addEventListener("storage", this.follow);
    this.hidden = false;
  }

  disconnectedCallback() {
    window.removeEventListener("storage", this.follow);
  }
}

customElements.define("theme-switch", ThemeSwitch);
