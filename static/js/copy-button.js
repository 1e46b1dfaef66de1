/* <copy-button data-copy="text"> or <copy-button data-copy-from="id of an element">,
   with data-done (said after copying) and data-failed, around <button type="button">.
   Without this module the element is not shown: the text is there to be selected. */
const SHOWN_FOR_MS = 2000;

class CopyButton extends HTMLElement {
  connectedCallback() {
    this.button = this.querySelector("button");
    this.label = this.button.querySelector("[data-words]");
    this.idle = this.label.textContent;
    this.status = this.querySelector("[role=status]");
    this.button.addEventListener("click", () => this.copy());
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  text() {
    if (this.dataset.copy !== undefined) return this.dataset.copy;
    return document.getElementById(this.dataset.copyFrom)?.textContent.trimEnd() ?? "";
  }

  async copy() {
    let copied = true;
    try {
      await navigator.clipboard.writeText(this.text());
    } catch {
      copied = false; // plain http on another host, or a refused permission
    }
    this.say(copied ? this.dataset.done : this.dataset.failed, copied);
  }

  say(message, copied) {
    clearTimeout(this.timer);
    this.label.textContent = message;
    this.status.textContent = message;
    this.button.toggleAttribute("data-done", copied);
    this.timer = setTimeout(() => {
      this.label.textContent = this.idle;
      this.status.textContent = "";
      this.button.removeAttribute("data-done");
    }, SHOWN_FOR_MS);
  }
}

customElements.define("copy-button", CopyButton);
