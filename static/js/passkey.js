/* <passkey-form data-options="id of a script of JSON" or data-options-url="address of it"
                data-unavailable="…" data-failed="…">
     <form>… <input type="hidden" name="credential"> <button data-passkey disabled>…</button> <p role="status"></p></form>
   The button makes a passkey (options with a `creation_options` part) or uses one (`request_options`), puts the browser's
   answer into the hidden field and sends the form. Without this module, or where the browser has no passkeys, the button
   stays disabled and the status says why. */
class PasskeyForm extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.button = this.querySelector("[data-passkey]");
    this.status = this.querySelector("[role=status]");
    if (!("PublicKeyCredential" in window) || !PublicKeyCredential.parseRequestOptionsFromJSON) {
      this.status.textContent = this.dataset.unavailable;
      return;
    }
    this.button.disabled = false;
    this.form.addEventListener("submit", (event) => this.ask(event));
  }

  async ask(event) {
    event.preventDefault();
    this.button.disabled = true;
    this.status.textContent = "";
    try {
      const answer = await this.answer(await this.options());
      this.form.elements.credential.value = JSON.stringify(answer.toJSON());
      this.form.submit();
    } catch {
      this.status.textContent = this.dataset.failed; // cancelled, no such passkey, or already there
      this.button.disabled = false;
    }
  }

  async options() {
    if (this.dataset.options) return JSON.parse(document.getElementById(this.dataset.options).textContent);
    const response = await fetch(this.dataset.optionsUrl, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    return response.json();
  }

  answer({ creation_options: creation, request_options: request }) {
    if (request) {
      return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(request.publicKey) });
    }
    const wanted = creation.publicKey;
    const alone = this.form.elements.passwordless.checked;
    wanted.authenticatorSelection.residentKey = alone ? "required" : "discouraged";
    wanted.authenticatorSelection.requireResidentKey = alone;
    if (alone) wanted.authenticatorSelection.userVerification = "required";
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(wanted) });
  }
}

customElements.define("passkey-form", PasskeyForm);
